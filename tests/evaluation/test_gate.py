import pytest

from tawny.core.errors import CheckError, ConfigError
from tawny.evaluation.gate import Gate
from tawny.evaluation.spec import EvaluationRow

GATE = Gate("ndcg", 10, tolerance_share=0.1)
WHERE = "evaluations_v1, run_date=2024-03-01"


def rows(value: float | None, n_users: int = 100) -> list[EvaluationRow]:
    other = EvaluationRow("all", "ndcg", 5, 0.0, 0.0, 0.0, 100, 0)
    return [other, EvaluationRow("all", "ndcg", 10, value, None, None, n_users, 0)]


@pytest.mark.parametrize(("floor", "champion"), [(0.3, None), (0.2, 0.3), (0.2, 0.33), (0.2, 0.1)])
def test_lists_as_good_as_the_floor_and_nearly_the_champion_pass(floor: float, champion: float | None) -> None:
    GATE.check(rows(0.3), rows(floor), None if champion is None else rows(champion), where=WHERE)


def test_lists_below_the_floor_are_refused_however_little() -> None:
    with pytest.raises(
        CheckError,
        match=r"^evaluations_v1, run_date=2024-03-01: ndcg@10 of segment 'all' must not be below the floor \(popularity\)\. "
        r"Received: 0\.299999 against 0\.300000\. Keep what is published",
    ):
        GATE.check(rows(0.299999), rows(0.3), None, where=WHERE)


def test_lists_below_the_champion_by_more_than_the_tolerance_are_refused() -> None:
    with pytest.raises(CheckError, match=r"below the champion less 10\.0%\. Received: 0\.300000 against 0\.306000\."):
        GATE.check(rows(0.3), rows(0.2), rows(0.34), where=WHERE)


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(CheckError, match=r"must not be below the floor .* Received: nan against 0\.200000"):
        GATE.check(rows(float("nan")), rows(0.2), None, where=WHERE)


@pytest.mark.parametrize("final", [[], rows(None, n_users=0), [*rows(0.3), *rows(0.3)]])
def test_lists_without_exactly_one_value_are_refused(final: list[EvaluationRow]) -> None:
    with pytest.raises(CheckError, match=r"the final lists must have exactly one value of ndcg@10 .* Received: [02] rows"):
        GATE.check(final, rows(0.2), None, where=WHERE)


def test_a_floor_measured_on_other_users_is_refused() -> None:
    with pytest.raises(CheckError, match=r"measured on the users of the final lists\. Received: 99 users beside 100"):
        GATE.check(rows(0.3), rows(0.2, n_users=99), None, where=WHERE)


def test_a_champion_without_a_value_is_refused_and_not_taken_for_the_first_night() -> None:
    with pytest.raises(CheckError, match=r"the champion must have exactly one value"):
        GATE.check(rows(0.3), rows(0.2), [], where=WHERE)


@pytest.mark.parametrize("metric", ["ndgc", "novelty", "coverage"])
def test_a_metric_that_is_not_an_accuracy_is_refused(metric: str) -> None:
    with pytest.raises(ConfigError, match=rf"gate: metric: .* Received: '{metric}'\. Name one of \['average_precision', "):
        Gate(metric, 10)


@pytest.mark.parametrize("share", [-0.01, 1.0, float("nan")])
def test_a_tolerance_that_is_not_a_share_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match=r"gate: tolerance_share: the share that may be lost must be in \[0, 1\)"):
        Gate("ndcg", 10, tolerance_share=share)
