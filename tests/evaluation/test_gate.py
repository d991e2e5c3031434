"""The gate refuses lists that are surely worse, and nothing that noise could explain."""

from typing import Any, get_args

import pytest

from tawny.core.errors import CheckError
from tawny.evaluation.gate import Judgement, check_champion, judge
from tawny.evaluation.metrics.registry import AccuracyMetric, metrics
from tawny.evaluation.settings import GateSettings

WHERE = "recommendations_v2 2024-03-01"
SETTINGS = GateSettings()


def row(subject: str, value: float | None, *, k: int = 10, n_judged: int = 500, **more: Any) -> dict[str, Any]:
    low, high = (None, None) if value is None else (value - 0.02, value + 0.02)
    of = {"subject": subject, "versus": "", "segment": "all", "metric": "ndcg", "k": k, "n_judged": n_judged}
    return {**of, "value": value, "ci_low": low, "ci_high": high, **more}


def judged(value: float, metric: str = "ndcg@10 of all") -> Judgement:
    return Judgement(metric, 500, value, value - 0.02, value + 0.02)


def test_what_was_measured_is_kept_with_the_floor() -> None:
    rows = [row("als", 0.9), row("final", 0.3), row("popularity", 0.2)]
    assert judge(rows, SETTINGS, 10, where=WHERE) == Judgement("ndcg@10 of all", 500, 0.3, 0.3 - 0.02, 0.3 + 0.02, 0.2)


def test_a_list_of_which_the_whole_interval_lies_below_the_floor_is_refused_with_the_way_to_publish_it() -> None:
    with pytest.raises(
        CheckError,
        match=r"^gate of recommendations_v2 2024-03-01: the 95 % interval of ndcg@10 of all must reach the floor, "
        r"popularity\. Received: 0\.300000, at most 0\.320000, against 0\.330000, 500 lists\. Nothing was published; .*"
        r"`gate\.is_enabled = false` .* in \[jobs\.publish\]",
    ) as refused:
        judge([row("final", 0.3), row("popularity", 0.33)], SETTINGS, 10, where=WHERE)
    assert refused.value.exit_code == 5


def test_a_list_below_the_floor_by_no_more_than_noise_passes() -> None:
    assert judge([row("final", 0.3), row("popularity", 0.31)], SETTINGS, 10, where=WHERE).value == 0.3


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(CheckError, match="must reach the floor"):
        judge([row("final", float("nan")), row("popularity", 0.2)], SETTINGS, 10, where=WHERE)


@pytest.mark.parametrize("rows", [[], [row("final", None, n_judged=0)], [row("final", 0.0, n_judged=99)]])
def test_with_too_few_evaluated_users_nothing_is_measured_and_that_is_said(
    rows: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    found = judge(rows, SETTINGS, 10, where=WHERE)
    assert (found.value, found.floor) == (None, None)
    assert f"measured nothing of {WHERE}: {found.n_judged} judged lists, min_judged=100" in caplog.text


def test_a_gate_that_is_not_enabled_lets_everything_pass(caplog: pytest.LogCaptureFixture) -> None:
    found = judge([row("final", 0.1), row("popularity", 0.9)], GateSettings(is_enabled=False), 10, where=WHERE)
    assert found == Judgement("ndcg@10 of all", 500)
    assert "it is not enabled" in caplog.text


def test_the_longest_lists_that_are_no_longer_than_the_published_ones_are_compared() -> None:
    # Lists of 20 would set sources with 20 candidates against published lists of 12.
    rows = [row(subject, 0.3, k=k) for subject in ("final", "popularity") for k in (5, 10, 20)]
    assert judge(rows, SETTINGS, 12, where=WHERE).metric == "ndcg@10 of all"
    assert judge(rows, GateSettings(k=5), 12, where=WHERE).metric == "ndcg@5 of all"
    assert judge(rows, SETTINGS, 3, where=WHERE).value is None


def test_only_rows_of_the_metric_and_the_segment_count() -> None:
    rows = [row(subject, 0.3, segment="warm", metric="recall") for subject in ("final", "popularity")]
    rows += [row("final", 0.1), row("popularity", 0.9)]
    assert judge(rows, GateSettings(metric="recall", segment="warm"), 10, where=WHERE).metric == "recall@10 of warm"


@pytest.mark.parametrize("rows", [[row("final", 0.3)], [row("final", 0.3)] * 2 + [row("popularity", 0.2)]])
def test_subjects_without_exactly_one_value_are_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(CheckError, match=r"must have exactly one value of ndcg@10 of all\. Received: [02] rows"):
        judge(rows, SETTINGS, 10, where=WHERE)


def test_a_floor_measured_on_other_users_is_refused() -> None:
    with pytest.raises(CheckError, match=r"measured on the same users\. Received: 500 and 499 lists"):
        judge([row("final", 0.3), row("popularity", 0.2, n_judged=499)], SETTINGS, 10, where=WHERE)


@pytest.mark.parametrize("champion", [None, judged(0.2), judged(0.3), judged(0.37), Judgement("ndcg@10 of all", 3)])
def test_a_list_nearly_as_good_as_the_published_one_passes(champion: Judgement | None) -> None:
    # 0.32 at most, against (0.37 - 0.02) * 0.9 = 0.315 at least.
    check_champion(judged(0.3), champion, SETTINGS, where=WHERE)


def test_a_list_worse_than_the_published_one_by_more_than_tolerance_and_noise_is_refused() -> None:
    with pytest.raises(
        CheckError,
        match=r"the published list less 10\.0% \(it had 0\.380000, at least 0\.360000\)\. "
        r"Received: 0\.300000, at most 0\.320000, against 0\.324000",
    ):
        check_champion(judged(0.3), judged(0.38), SETTINGS, where=WHERE)
    check_champion(judged(0.3), judged(0.38), GateSettings(tolerance_share=0.2), where=WHERE)


def test_lists_judged_by_different_metrics_are_not_compared(caplog: pytest.LogCaptureFixture) -> None:
    check_champion(judged(0.1), judged(0.9, metric="recall@20 of all"), SETTINGS, where=WHERE)
    assert "judged by recall@20 of all, not by ndcg@10 of all: not compared" in caplog.text


def test_a_list_of_which_nothing_was_measured_is_not_compared() -> None:
    check_champion(Judgement("ndcg@10 of all", 3), judged(0.9), SETTINGS, where=WHERE)


def test_the_settings_name_every_accuracy_metric() -> None:
    names = get_args(GateSettings.model_fields["metric"].annotation)
    assert set(names) == {name for name, metric in metrics().items() if isinstance(metric, AccuracyMetric)}
