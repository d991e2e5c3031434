from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, norm

from tawny.core.arrays import Doubles, Ragged
from tawny.evaluation.metrics import registry
from tawny.evaluation.metrics.registry import ListMetric
from tawny.evaluation.per_user import UserBatch, per_user
from tawny.evaluation.spec import EvaluationRow, EvaluationSpec
from tawny.evaluation.sums import Sums

from .conftest import SPEC, by_name, made_batch, summed, take

# Four users: a hit at rank 1; a hit at rank 2; no list; chose nothing.
LISTS = np.array([[0, 1], [2, 3], [-1, -1], [4, 0]], np.int32)
RELEVANT = Ragged.from_rows([[0], [3], [5], []])
FOUR = UserBatch(np.arange(4, dtype=np.uint64), LISTS, RELEVANT)
FOUR_SPEC = EvaluationSpec(ks=(1, 2), popularity=np.ones(8, np.int64), seed=0)


def values_of(batch: UserBatch, spec: EvaluationSpec, metric: str, k: int) -> Doubles:
    values: Doubles = per_user(batch, spec).column(f"{metric}_{k}").to_numpy(zero_copy_only=False)
    return values


def interval_of(row: EvaluationRow) -> tuple[float, float]:
    assert row.ci_low is not None
    assert row.ci_high is not None
    return row.ci_low, row.ci_high


def test_a_case_worked_by_hand() -> None:
    found = by_name(summed(FOUR_SPEC, FOUR))
    assert found["all", "mrr", 2].value == (1 + 1 / 2 + 0) / 3
    assert (found["all", "mrr", 2].n_judged, found["all", "mrr", 2].n_left_out) == (3, 1)
    assert found["all", "hit_rate", 1].value == pytest.approx(1 / 3, abs=1e-9)
    assert found["all", "coverage", 1] == EvaluationRow("all", "coverage", 1, 3 / 8, None, None, 3, 1)
    assert found["all", "coverage", 2].value == 5 / 8
    assert found["all", "novelty", 2].value == 3.0  # all of 8 items are equally popular
    assert len(found) == 8 * 2


def test_a_segment_is_reported_beside_everyone() -> None:
    served = replace(FOUR, segments={"served": np.array([True, True, False, False])})
    found = by_name(summed(replace(FOUR_SPEC, segments=("served",)), served))
    assert found["served", "mrr", 2].value == 0.75
    assert (found["served", "mrr", 2].n_judged, found["served", "mrr", 2].n_left_out) == (2, 0)
    assert found["all", "mrr", 2] == by_name(summed(FOUR_SPEC, FOUR))["all", "mrr", 2]


def test_an_interval_lies_around_its_value_and_is_the_same_again() -> None:
    row = by_name(summed(FOUR_SPEC, FOUR))["all", "mrr", 2]
    assert row.value is not None
    low, high = interval_of(row)
    assert low < row.value < high
    assert row == by_name(summed(FOUR_SPEC, FOUR))["all", "mrr", 2]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_partitioning_in_any_order_gives_the_same_bytes(data: st.DataObject) -> None:
    batch = made_batch(40, seed=1)
    order = data.draw(st.permutations(range(40)))
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, 40), max_size=4))), 40]
    parts = [take(batch, order[start:end]) for start, end in pairwise(cuts)]
    merged = summed(SPEC, parts[0])
    for part in parts[1:]:
        merged.merge(Sums.from_bytes(SPEC, summed(SPEC, part).to_bytes()))
    assert merged.rows() == summed(SPEC, batch).rows()
    assert merged.to_bytes() == summed(SPEC, batch).to_bytes() == summed(SPEC, *parts).to_bytes()


def test_the_number_of_users_added_at_once_does_not_matter() -> None:
    batch = made_batch(2_500, seed=2)
    parts = [take(batch, range(start, start + 250)) for start in range(0, 2_500, 250)]
    assert summed(SPEC, batch).rows() == summed(SPEC, *parts).rows()


def test_means_and_counts_are_those_of_the_per_user_values() -> None:
    batch = made_batch(300, seed=3)
    rows = by_name(summed(SPEC, batch))
    for segment, member in {"all": np.ones(300, np.bool_), "new": batch.segments["new"]}.items():
        for name, k in SPEC.columns:
            values = values_of(batch, SPEC, name, k)[member]
            row = rows[segment, name, k]
            assert row.value == pytest.approx(np.nanmean(values), abs=1e-9)
            assert (row.n_judged, row.n_left_out) == (np.isfinite(values).sum(), np.isnan(values).sum())


@pytest.mark.parametrize(("n_users", "tolerance_share"), [(400, 0.12), (60, 0.25)])
def test_intervals_are_close_to_scipys_bootstrap(n_users: int, tolerance_share: float) -> None:
    spec, batch = replace(SPEC, n_resamples=4_000), made_batch(n_users, seed=4)
    rows = by_name(summed(spec, batch))
    for name, k in spec.columns:
        values = values_of(batch, spec, name, k)
        known = values[~np.isnan(values)]
        theirs = bootstrap((known,), np.mean, n_resamples=4_000, method="percentile", rng=5).confidence_interval
        atol = tolerance_share * (theirs.high - theirs.low)
        np.testing.assert_allclose(interval_of(rows["all", name, k]), theirs, atol=atol)


def test_intervals_are_those_of_the_normal_law_for_many_users() -> None:
    spec, batch = replace(SPEC, n_resamples=4_000), made_batch(2_000, seed=6)
    rows = by_name(summed(spec, batch))
    for name, k in spec.columns:
        values = values_of(batch, spec, name, k)
        known = values[~np.isnan(values)]
        low, high = norm.interval(0.95, known.mean(), known.std() / np.sqrt(len(known)))
        np.testing.assert_allclose(interval_of(rows["all", name, k]), [low, high], atol=0.1 * (high - low))


def test_a_segment_is_evaluated_as_if_its_users_were_alone() -> None:
    batch = made_batch(60, seed=6)
    alone = by_name(summed(SPEC, take(batch, np.flatnonzero(batch.segments["new"]).tolist())))
    for (segment, metric, k), row in by_name(summed(SPEC, batch)).items():
        if segment == "new":
            assert row == replace(alone["all", metric, k], segment="new")


def test_coverage_counts_items_listed_by_anyone_within_k() -> None:
    batch = made_batch(8, seed=7)
    rows = by_name(summed(SPEC, batch))
    for k in SPEC.ks:
        shown = {item for row in batch.lists[:, :k].tolist() for item in row if item >= 0}
        empty = sum(row[0] == -1 for row in batch.lists.tolist())
        assert rows["all", "coverage", k] == EvaluationRow(
            "all", "coverage", k, len(shown) / 30, None, None, 8 - empty, empty
        )


def test_without_users_there_is_no_value() -> None:
    assert {(row.value, row.ci_low, row.ci_high, row.n_judged, row.n_left_out) for row in Sums(SPEC).rows()} == {
        (None, None, None, 0, 0)
    }


def rival(batch: UserBatch, seed: int) -> UserBatch:
    """Other lists for the same users; one in three is the same."""
    rng = np.random.default_rng(seed)
    same = rng.random(len(batch.keys)) < 1 / 3
    return replace(batch, lists=np.where(same[:, None], batch.lists, made_batch(len(batch.keys), seed).lists))


def less(one: Sums, other: Sums) -> dict[tuple[str, str, int], EvaluationRow]:
    return {(row.segment, row.metric, row.k): row for row in one.rows_less(other)}


def test_a_difference_is_that_of_the_means_and_surer_than_either() -> None:
    one = made_batch(400, seed=12)
    other = replace(one, lists=one.lists[:, [1, 0, 2, 3, 4]])  # the first two places changed
    first, second = summed(SPEC, one), summed(SPEC, other)
    found = less(first, second)
    assert {key[1:] for key in found} == set(SPEC.columns)
    for key, row in found.items():
        a, b = by_name(first)[key], by_name(second)[key]
        if row.value is not None:
            assert row.value == pytest.approx((a.value or 0) - (b.value or 0), abs=1e-9)
            assert (row.n_judged, row.n_left_out) == (a.n_judged, a.n_left_out)
    low, high = interval_of(found["all", "recall", 2])
    alone = interval_of(by_name(first)["all", "recall", 2])
    assert high - low < 0.5 * (alone[1] - alone[0])
    # Of the first five places nothing changed but their order.
    assert interval_of(found["all", "recall", 5]) == (0, 0)


def test_intervals_of_differences_are_close_to_scipys_paired_bootstrap() -> None:
    spec, batch = replace(SPEC, n_resamples=4_000), made_batch(400, seed=4)
    other = rival(batch, seed=5)
    found = less(summed(spec, batch), summed(spec, other))
    for name, k in spec.columns:
        pair = [values_of(lists, spec, name, k) for lists in (batch, other)]
        if name == "novelty":  # either has other lists of which it says nothing
            assert found["all", name, k].value is None
            assert found["all", name, k].n_judged == 0
            continue
        known = [values[~np.isnan(values)] for values in pair]
        assert found["all", name, k].n_judged == len(known[0])
        theirs = bootstrap(
            (known[0] - known[1],), np.mean, n_resamples=4_000, method="percentile", rng=5
        ).confidence_interval
        np.testing.assert_allclose(interval_of(found["all", name, k]), theirs, atol=0.12 * (theirs.high - theirs.low))


def test_differences_are_the_same_whatever_the_partitions() -> None:
    batch, other = made_batch(60, seed=1), rival(made_batch(60, seed=1), seed=2)
    halves = [range(30, 60), range(30)]
    parts = [summed(SPEC, *(take(lists, half) for half in halves)) for lists in (batch, other)]
    assert parts[0].rows_less(parts[1]) == summed(SPEC, batch).rows_less(summed(SPEC, other))


def test_the_lists_of_one_user_are_drawn_together() -> None:
    # 50 users with 8 equal lists each say no more than 50 users with one.
    batch = made_batch(50, seed=13)
    once, eight = (by_name(summed(SPEC, lists))["all", "ndcg", 5] for lists in (batch, take(batch, list(range(50)) * 8)))
    assert (eight.value, interval_of(eight)) == (once.value, interval_of(once))
    assert eight.n_judged == 8 * once.n_judged


def test_the_size_does_not_depend_on_the_number_of_users() -> None:
    few, many = summed(SPEC, made_batch(10, seed=8)), summed(SPEC, made_batch(3_000, seed=8))
    sizes = [sum(array.nbytes for array in sums._state.values()) for sums in (few, many)]
    assert sizes[0] == sizes[1]


def test_sums_of_different_specs_are_not_added() -> None:
    other = Sums(replace(SPEC, seed=12))
    with pytest.raises(ValueError, match=r"only sums of one spec can be added\. Received: .*'seed': 12"):
        Sums(SPEC).merge(other)
    with pytest.raises(ValueError, match=r"must be read with their own spec\. Received: .*'seed': 11.*'seed': 12"):
        Sums.from_bytes(SPEC, other.to_bytes())


def test_sums_that_weigh_novelty_by_other_counts_are_not_added() -> None:
    with pytest.raises(ValueError, match=r"only sums of one spec can be added"):
        Sums(SPEC).merge(Sums(replace(SPEC, popularity=SPEC.popularity + 1)))


def test_a_batch_with_other_segments_than_the_spec_is_refused() -> None:
    batch = replace(made_batch(3, seed=9), segments={"old": np.ones(3, np.bool_)})
    with pytest.raises(ValueError, match=r"must name the segments \['new'\]\. Received: \['old'\]"):
        summed(SPEC, batch)


def test_a_value_too_large_to_be_summed_exactly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    loud = ListMetric("novelty", lambda lists, popularity, k: np.full(len(lists), 65.0))
    monkeypatch.setitem(registry.metrics(), "novelty", loud)
    with pytest.raises(ValueError, match=r"values must lie within 64.0 of 0\. Received: 0.0 to 65.0"):
        summed(SPEC, made_batch(3, seed=10))
