import numpy as np

from tawny.evaluation.evaluate import evaluate
from tawny.evaluation.plan import EvaluationRow
from tawny.metrics.hits import Relevant

# Four users: a hit at rank 1; a hit at rank 2; no list; chose nothing.
LISTS = np.array([[0, 1], [2, 3], [-1, -1], [4, 0]], np.int32)
RELEVANT = Relevant(np.array([0, 1, 2, 3, 3]), np.array([0, 3, 5], np.int32))


def rows(**settings: object) -> dict[tuple[str, str, int], EvaluationRow]:
    found = evaluate(LISTS, RELEVANT, ks=(1, 2), popularity=np.ones(8, np.int64), seed=0, **settings)  # type: ignore[arg-type]
    return {(row.segment, row.metric, row.k): row for row in found}


def test_a_case_worked_by_hand() -> None:
    found = rows()
    assert found["all", "mrr", 2].value == (1 + 1 / 2 + 0) / 3
    assert (found["all", "mrr", 2].n_users, found["all", "mrr", 2].n_left_out) == (3, 1)
    assert abs(found["all", "hit_rate", 1].value - 1 / 3) < 1e-9
    assert found["all", "coverage", 1] == EvaluationRow("all", "coverage", 1, 3 / 8, None, None, 3, 1)
    assert found["all", "coverage", 2].value == 5 / 8
    assert found["all", "novelty", 2].value == 3.0  # all of 8 items are equally popular
    assert len(found) == 8 * 2


def test_a_segment_is_reported_beside_everyone() -> None:
    found = rows(segments={"served": np.array([True, True, False, False])})
    assert found["served", "mrr", 2].value == 0.75
    assert (found["served", "mrr", 2].n_users, found["served", "mrr", 2].n_left_out) == (2, 0)
    assert found["all", "mrr", 2] == rows()["all", "mrr", 2]


def test_an_interval_lies_around_its_value_and_is_the_same_again() -> None:
    row = rows()["all", "mrr", 2]
    assert row.ci_low is not None
    assert row.ci_high is not None
    assert row.ci_low < row.value < row.ci_high
    assert row == rows()["all", "mrr", 2]
