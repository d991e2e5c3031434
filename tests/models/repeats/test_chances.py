import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tawny.core.arrays import Doubles
from tawny.models.repeats.chances import Chances, Spells, learned_chances, shrunk, tendencies

STARTS = np.array([0.0, 1.0, 3.0])


def spells(lengths: Doubles, hits_from: Doubles, items: Doubles | None = None) -> Spells:
    n = len(lengths)
    zeros, false = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    of = (zeros if items is None else items).astype(np.int32)
    return Spells(zeros, of, zeros, zeros, lengths, np.minimum(hits_from, lengths), false, false)


def chances_of(seen: Spells, kappa: float, n_kinds: int = 1) -> Doubles:
    kinds = np.zeros(len(seen.items), np.int64)
    found: Doubles = learned_chances(seen, kinds, n_kinds, STARTS, 1.0, 1.0, kappa).values
    return found


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12)), min_size=1, max_size=12))
def test_the_chance_is_the_share_of_instants_with_the_answer_yes(seen: list[tuple[int, int]]) -> None:
    # Lengths and beginnings in half days, so the middles of half days stand for all instants.
    asked, hits = [0, 0, 0], [0, 0, 0]
    for length, hits_from in seen:
        for instant in range(length):
            bucket = 0 if instant < 2 else 1 if instant < 6 else 2
            asked[bucket] += 1
            hits[bucket] += instant >= hits_from
    lengths, begins = (np.array(column) / 2 for column in zip(*seen, strict=True))
    found = chances_of(spells(lengths, begins), 1e-9)[0, 0]
    for bucket in range(3):
        if asked[bucket] and sum(hits):
            np.testing.assert_allclose(found[bucket], hits[bucket] / asked[bucket], atol=1e-6)


def test_buckets_may_be_in_units_of_each_spell() -> None:
    # Two spells of 4 units of 1 and of 10 days; both hit in their last unit.
    units = np.array([1.0, 10.0])
    seen = spells(np.array([4.0, 40.0]), np.array([3.0, 30.0]))
    found = learned_chances(seen, np.zeros(2, np.int64), 1, STARTS, units, 1.0, 1e-9).values[0, 0]
    np.testing.assert_allclose(found, [0, 0, 1], atol=1e-6)


def test_a_chance_is_that_of_the_bucket_of_its_age() -> None:
    table = Chances(np.array([[[0.3, 0.2, 0.1]]]), STARTS)
    assert table.at(0, np.zeros(4, np.int64), np.array([0.0, 0.99, 1.0, 400.0])).tolist() == [0.3, 0.3, 0.2, 0.1]


def test_a_kind_that_was_never_seen_has_the_chance_of_all() -> None:
    found = chances_of(spells(np.full(100, 2.0), np.ones(100)), 5.0, n_kinds=2)
    np.testing.assert_allclose(found[1, 0], found[1, 2])
    assert found[0, 0, 1] > found[1, 0, 1] > 0


def test_an_item_that_hits_twice_as_often_as_expected_has_twice_the_tendency() -> None:
    items = np.repeat([0, 1], 1000)
    seen = spells(np.ones(2000), np.where(items == 0, 0.0, 2.0), items)  # item 0 always, item 1 never
    due = Chances(np.full((1, 3, 3), 0.5), STARTS)
    found = tendencies(seen, due, np.ones(2000), np.array([0, 0, 1], np.int32), 1.0, 5.0)
    np.testing.assert_allclose(found, [2, 0, 1], atol=0.03)


def test_where_nothing_ever_happened_the_chance_is_0() -> None:
    assert shrunk(np.zeros(2), np.ones(2), 0.0, 5.0).tolist() == [0, 0]
