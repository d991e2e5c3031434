from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tawny.evaluation.per_user import per_user
from tawny.evaluation.plan import Batch, EvaluationRow, Plan
from tawny.evaluation.summary import Summary
from tawny.metrics import registry
from tawny.metrics.bootstrap import mean_interval
from tawny.metrics.registry import ListMetric

Row = dict[tuple[str, str, int], EvaluationRow]


def summed(plan: Plan, *batches: Batch) -> Summary:
    summary = Summary(plan)
    for batch in batches:
        summary.add(batch)
    return summary


def by_name(summary: Summary) -> Row:
    return {(row.segment, row.metric, row.k): row for row in summary.rows()}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_partitioning_in_any_order_gives_the_same_bytes(
    data: st.DataObject, plan: Plan, make_batch: Callable[..., Batch], take: Callable[[Batch, list[int]], Batch]
) -> None:
    batch = make_batch(40, seed=1)
    order = data.draw(st.permutations(range(40)))
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, 40), max_size=4))), 40]
    parts = [take(batch, order[start:end]) for start, end in pairwise(cuts)]
    merged = summed(plan, parts[0])
    for part in parts[1:]:
        merged.merge(Summary.from_bytes(plan, summed(plan, part).to_bytes()))
    assert merged.rows() == summed(plan, batch).rows()
    assert merged.to_bytes() == summed(plan, batch).to_bytes() == summed(plan, *parts).to_bytes()


def test_more_users_than_are_weighed_at_once_give_the_same_as_few_at_a_time(
    plan: Plan, make_batch: Callable[..., Batch], take: Callable[[Batch, list[int]], Batch]
) -> None:
    batch = make_batch(2_500, seed=2)
    parts = [take(batch, list(range(start, start + 250))) for start in range(0, 2_500, 250)]
    assert summed(plan, batch).rows() == summed(plan, *parts).rows()


def test_means_and_counts_are_those_of_the_per_user_values(plan: Plan, make_batch: Callable[..., Batch]) -> None:
    batch = make_batch(300, seed=3)
    rows, columns = by_name(summed(plan, batch)), per_user(batch, plan)
    for segment, member in {"all": np.ones(300, bool), "new": batch.segments["new"]}.items():
        for name, k in plan.columns:
            values = columns.column(f"{name}_{k}").to_numpy(zero_copy_only=False)[member]
            row = rows[segment, name, k]
            assert row.value == pytest.approx(np.nanmean(values), abs=1e-9)
            assert (row.n_users, row.n_left_out) == (np.isfinite(values).sum(), np.isnan(values).sum())


def test_intervals_are_close_to_the_plain_bootstrap(plan: Plan, make_batch: Callable[..., Batch]) -> None:
    plan, batch = replace(plan, n_resamples=4_000), make_batch(400, seed=4)
    rows, columns = by_name(summed(plan, batch)), per_user(batch, plan)
    for name, k in plan.columns:
        values = columns.column(f"{name}_{k}").to_numpy(zero_copy_only=False)
        low, high = mean_interval(values, np.random.default_rng(5), n_resamples=4_000)
        row = rows["all", name, k]
        np.testing.assert_allclose([row.ci_low, row.ci_high], [low, high], atol=0.12 * (high - low))


def test_a_segment_is_judged_as_if_its_users_were_alone(
    plan: Plan, make_batch: Callable[..., Batch], take: Callable[[Batch, list[int]], Batch]
) -> None:
    batch = make_batch(60, seed=6)
    alone = by_name(summed(plan, take(batch, np.flatnonzero(batch.segments["new"]).tolist())))
    for (segment, metric, k), row in by_name(summed(plan, batch)).items():
        if segment == "new":
            assert row == replace(alone["all", metric, k], segment="new")


def test_coverage_counts_items_listed_by_anyone_within_k(plan: Plan, make_batch: Callable[..., Batch]) -> None:
    batch = make_batch(8, seed=7)
    rows = by_name(summed(plan, batch))
    for k in plan.ks:
        shown = {item for row in batch.lists[:, :k].tolist() for item in row if item >= 0}
        empty = sum(row[0] == -1 for row in batch.lists.tolist())
        assert rows["all", "coverage", k] == EvaluationRow(
            "all", "coverage", k, len(shown) / 30, None, None, 8 - empty, empty
        )


def test_of_nobody_there_is_no_value(plan: Plan) -> None:
    assert {(row.value, row.ci_low, row.ci_high, row.n_users, row.n_left_out) for row in Summary(plan).rows()} == {
        (None, None, None, 0, 0)
    }


def test_the_size_does_not_depend_on_the_number_of_users(plan: Plan, make_batch: Callable[..., Batch]) -> None:
    few, many = summed(plan, make_batch(10, seed=8)), summed(plan, make_batch(3_000, seed=8))
    sizes = [sum(array.nbytes for array in summary._state.values()) for summary in (few, many)]
    assert sizes[0] == sizes[1]


def test_summaries_of_different_plans_are_not_added(plan: Plan) -> None:
    other = Summary(replace(plan, seed=12))
    with pytest.raises(ValueError, match=r"only summaries of one plan can be added\. Received: .*'seed': 12"):
        Summary(plan).merge(other)
    with pytest.raises(ValueError, match=r"must be read with its own plan\. Received: .*'seed': 11.*'seed': 12"):
        Summary.from_bytes(plan, other.to_bytes())


def test_summaries_that_weigh_novelty_by_other_counts_are_not_added(plan: Plan) -> None:
    with pytest.raises(ValueError, match=r"only summaries of one plan can be added"):
        Summary(plan).merge(Summary(replace(plan, popularity=plan.popularity + 1)))


def test_a_batch_with_other_segments_than_the_plan_is_refused(plan: Plan, make_batch: Callable[..., Batch]) -> None:
    batch = replace(make_batch(3, seed=9), segments={"old": np.ones(3, bool)})
    with pytest.raises(ValueError, match=r"must name the segments \['new'\]\. Received: \['old'\]"):
        summed(plan, batch)


def test_a_value_too_large_to_be_summed_exactly_is_refused(
    plan: Plan, make_batch: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    loud = ListMetric("novelty", lambda lists, popularity, k: np.full(len(lists), 65.0))
    monkeypatch.setitem(registry.metrics(), "novelty", loud)
    with pytest.raises(ValueError, match=r"values must lie within 64.0 of 0\. Received: 0.0 to 65.0"):
        summed(plan, make_batch(3, seed=10))
