"""Whether times and order of events say something: asked of a sample of users.

Shapes: U users, N entries.
"""

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Bools, Counts, Ragged
from tawny.core.columns import EVENT_ID, EVENT_TS, ITEM_ID, USER_ID
from tawny.lake.spark import gather, sample_users

MIN_EVENTS = 3
"""A user with fewer says nothing about times."""

_N_USERS = 5_000
_MAX_ENTRIES = 200  # of a user, the newest
_N_SHUFFLES = 20
_MIN_REPEATED = 30.0
_MIN_RATIO = 1.1


def has_usable_times(events: DataFrame, seed: int) -> bool:
    """Whether half of the users with three events or more have them at more than one instant."""
    users = events.groupBy(USER_ID).agg(F.count("*").alias("n"), (F.min(EVENT_TS) < F.max(EVENT_TS)).alias("is_spread"))
    sampled = gather(sample_users(users.where(F.col("n") >= MIN_EVENTS), _N_USERS, seed), _N_USERS, "users in time")
    return most_are_spread(sampled["is_spread"].to_numpy())


def most_are_spread(is_spread: Bools) -> bool:
    """Whether half of the users have events at more than one instant.

    Args:
        is_spread: bool [U], of users with `MIN_EVENTS` events or more.
    """
    return len(is_spread) == 0 or bool(np.mean(is_spread) >= 0.5)


def is_ordered(events: DataFrame, seed: int) -> bool:
    """Whether a user's next item depends on the one before it, more than a shuffled order would have it.

    Counted are the pairs of users who took the same two items one after the other. True where there are too few to tell.
    """
    last = F.slice("entries", -F.least(F.size("entries"), F.lit(_MAX_ENTRIES)), F.lit(_MAX_ENTRIES))
    entry = F.struct(EVENT_TS, EVENT_ID, F.xxhash64(ITEM_ID).alias("item"))
    users = sample_users(events.select(USER_ID).distinct(), _N_USERS, seed)
    histories = events.join(users, USER_ID).groupBy(USER_ID).agg(F.sort_array(F.collect_list(entry)).alias("entries"))
    items = histories.select(USER_ID, last.getField("item").alias("items"))
    rows = gather(items, _N_USERS, "users in order").sort_by(USER_ID)
    return says_something(Ragged.from_arrow(rows["items"], np.int64), np.random.default_rng(seed))


def says_something(items: Ragged, rng: np.random.Generator) -> bool:
    """Whether equal successions of two items are more frequent in this order than in shuffled ones.

    At least a tenth more, and beyond four standard deviations of the shuffles.

    Args:
        items: int64, each user's items in order.
        rng: of the shuffles.
    """
    items = _first_occurrences(items)
    numbered = np.unique(items.values, return_inverse=True)[1]
    found = _repeated_pairs(items, numbered)
    shuffled = np.array([_repeated_pairs(items, numbered[_shuffle(items, rng)]) for _ in range(_N_SHUFFLES)])
    if max(found, shuffled.mean()) < _MIN_REPEATED:
        return True
    return bool(found > max(_MIN_RATIO * shuffled.mean(), shuffled.mean() + 4 * shuffled.std()))


def _first_occurrences(items: Ragged) -> Ragged:
    """Each user's different items: one that comes several times in a row would be torn apart by a shuffle."""
    numbered = np.unique(items.values, return_inverse=True)[1]
    cells = items.rows * (int(numbered.max(initial=0)) + 1) + numbered
    kept = np.sort(np.unique(cells, return_index=True)[1])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(items.rows[kept], minlength=items.n_rows))]).astype(np.int64)
    return Ragged(indptr, items.values[kept])


def _shuffle(items: Ragged, rng: np.random.Generator) -> Counts:
    """int64 [N]: a permutation that leaves every entry with its user."""
    return np.lexsort((rng.random(len(items.values)), items.rows))


def _repeated_pairs(items: Ragged, numbered: Counts) -> float:
    """How many pairs of successions are equal; a succession is an entry and the user's next one, if they differ."""
    is_pair = (np.diff(items.rows) == 0) & (np.diff(numbered) != 0)
    width = int(numbered.max(initial=0)) + 1
    pairs = numbered[:-1][is_pair] * width + numbered[1:][is_pair]
    n = np.unique(pairs, return_counts=True)[1].astype(np.float64)
    return float((n * (n - 1) / 2).sum())
