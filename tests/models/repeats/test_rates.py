import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tawny.core.arrays import Bools, Doubles
from tawny.models.repeats.rates import Rates, Spells, learned_rates, shrunk

STARTS = np.array([0.0, 1.0, 3.0])


def spells(lengths: Doubles, is_event: Bools) -> Spells:
    n = len(lengths)
    zeros, false = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    return Spells(zeros, zeros.astype(np.int32), zeros, zeros, lengths, false, false, is_event)


@given(st.lists(st.tuples(st.floats(0, 6), st.booleans()), min_size=1, max_size=20))
def test_rates_are_events_over_time_at_risk_in_each_bucket(seen: list[tuple[float, bool]]) -> None:
    events, exposures = np.zeros(3), np.zeros(3)
    for length, is_event in seen:
        for bucket, (begin, end) in enumerate(((0, 1), (1, 3), (3, np.inf))):
            exposures[bucket] += max(min(length, end) - begin, 0)
            events[bucket] += is_event and begin <= length < end
    lengths, happened = np.array([length for length, _ in seen]), np.array([is_event for _, is_event in seen])
    found = learned_rates(spells(lengths, happened), np.zeros(len(seen), np.int64), 1, STARTS, 1e-9).values[0, 0]
    for bucket in range(3):
        if exposures[bucket] > 1e-3 and events.any():
            np.testing.assert_allclose(found[bucket], events[bucket] / exposures[bucket], rtol=1e-5, atol=1e-6)


@given(st.floats(0, 9), st.floats(0, 9), st.lists(st.floats(0, 4), min_size=3, max_size=3))
def test_expected_events_are_the_area_below_the_rates(one: float, other: float, values: list[float]) -> None:
    begin, end = sorted((one, other))
    rates = Rates(np.array([[values]]), STARTS)
    edges = np.linspace(begin, end, 20_001)
    middles = (edges[:-1] + edges[1:]) / 2
    area = np.array(values)[np.searchsorted(STARTS, middles, "right") - 1].mean() * (end - begin)
    np.testing.assert_allclose(rates.between(0, np.array([0]), begin, np.array([end])), [area], atol=0.01)


def test_the_constant_rate_that_made_the_events_is_found() -> None:
    rng = np.random.default_rng(3)
    waits, ends = rng.exponential(4.0, 20_000), rng.uniform(0, 6, 20_000)
    found = learned_rates(spells(np.minimum(waits, ends), waits <= ends), np.zeros(20_000, np.int64), 1, STARTS, 5.0).values[
        0, 0
    ]
    np.testing.assert_allclose(found, 0.25, rtol=0.05)


def test_a_kind_that_was_never_seen_has_the_rate_of_all() -> None:
    seen = spells(np.full(100, 2.0), np.ones(100, np.bool_))
    found = learned_rates(seen, np.zeros(100, np.int64), 2, STARTS, 5.0).values
    np.testing.assert_allclose(found[1, 0], found[1, 2])
    assert found[0, 0, 1] > found[1, 0, 1] > 0


def test_where_nothing_ever_happened_rates_are_0() -> None:
    assert shrunk(np.zeros(2), np.ones(2), 0.0, 5.0).tolist() == [0, 0]
