import numpy as np
import pytest
from pyspark.sql import SparkSession

from tawny.core.arrays import Ragged
from tawny.features.order import has_usable_times, is_ordered, says_something
from tawny.testing.frames import event, event_frame


def walks(rng: np.random.Generator, n_users: int, share: float) -> Ragged:
    """Users who go from an item to the next one of a ring of 50 with this probability, else anywhere."""
    rows = []
    for _ in range(n_users):
        items = [int(rng.integers(50))]
        for _ in range(19):
            items.append((items[-1] + 1) % 50 if rng.random() < share else int(rng.integers(50)))
        rows.append(items)
    return Ragged.from_rows(rows, np.int64)


@pytest.mark.parametrize("seed", range(5))
def test_walks_have_an_order_and_random_visits_have_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert says_something(walks(rng, 200, 0.3), rng)
    assert not says_something(walks(rng, 200, 0.0), rng)


def test_items_that_come_many_times_in_a_row_are_no_order() -> None:
    rng = np.random.default_rng(3)
    visits = walks(rng, 200, 0.0)
    repeated = Ragged(visits.indptr * 3, np.repeat(visits.values, 3))
    assert not says_something(repeated, rng)


def test_popular_items_alone_are_no_order() -> None:
    rng = np.random.default_rng(1)
    popular = np.minimum(rng.geometric(0.2, 4000), 30)
    assert not says_something(Ragged(np.arange(0, 4001, 20), popular), rng)


def test_where_there_is_too_little_to_tell_an_order_is_assumed() -> None:
    assert says_something(Ragged.from_rows([[1, 2, 3], [], [4]], np.int64), np.random.default_rng(0))


def test_events_are_put_in_order_before_they_are_asked(spark: SparkSession) -> None:
    ring = [event(f"u{user}", f"i{(user + step) % 7}", "view", 20 - step) for user in range(60) for step in range(6)]
    assert is_ordered(event_frame(spark, ring), 1)
    rng = np.random.default_rng(2)
    at_random = [{**row, "item_id": f"i{rng.integers(7)}"} for row in ring]
    assert not is_ordered(event_frame(spark, at_random), 1)


def test_times_are_usable_where_most_users_have_more_than_one(spark: SparkSession) -> None:
    at_once = [event("u", f"i{n}", "view", 5) for n in range(4)]
    spread = [event("v", f"i{n}", "view", 5 + n) for n in range(4)]
    too_few = [event(f"w{n}", "i", "view", 5) for n in range(9)]
    assert has_usable_times(event_frame(spark, at_once + spread + too_few), 0)
    more_at_once = [{**row, "user_id": "x"} for row in at_once]
    assert not has_usable_times(event_frame(spark, at_once + more_at_once + spread), 0)
