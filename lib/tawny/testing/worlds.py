"""Synthetic worlds: histories whose next item is known, so that a correct model must find it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tawny.core.arrays import Counts, Histories, Ragged


@dataclass(frozen=True)
class World:
    """Histories, and the item that every user takes next.

    Attributes:
        users: the histories.
        n_items: I.
        withheld: int64 [U], the item each user takes next; never in the user's history.
    """

    users: Histories
    n_items: int
    withheld: Counts


def histories(items: Sequence[Sequence[int]], *, weights: float = 1.0) -> Histories:
    """Histories from one sequence of items per user: oldest first, one day apart, the newest a day old."""
    entries = Ragged.from_rows(items)
    ages = Ragged.from_rows([range(len(own), 0, -1) for own in items], np.float32).values
    return Histories(entries.indptr, entries.values, np.full(len(ages), weights, np.float32), ages)


def chains(rng: np.random.Generator, *, n_users: int = 300, n_chains: int = 6, chain_length: int = 10) -> World:
    """Every user follows one of several cyclic chains of items, with one item of another chain in between.

    Chains share no items, so a model of co-occurrence or of transitions finds the withheld item. The items of chain c are
    `c * chain_length` and those after it, so the chain is the item's category.
    """
    walks, withheld = [], []
    for _ in range(n_users):
        chain, start = rng.integers(n_chains), rng.integers(chain_length)
        length = rng.integers(chain_length // 2, chain_length - 1)
        walk = chain * chain_length + (start + np.arange(length + 1)) % chain_length
        noise = (chain + rng.integers(1, n_chains)) % n_chains * chain_length + rng.integers(chain_length)
        walks.append([int(walk[0]), int(noise), *map(int, walk[1:-1])])
        withheld.append(int(walk[-1]))
    return World(histories(walks), n_chains * chain_length, np.array(withheld))


def trend(rng: np.random.Generator, *, n_users: int = 300, n_items: int = 60) -> World:
    """Items 0 and 1 are trending: every user took one of them yesterday, and takes the other today."""
    walks, withheld = [], []
    for _ in range(n_users):
        latest = int(rng.integers(2))
        walks.append([*map(int, rng.choice(np.arange(2, n_items), 5, replace=False)), latest])
        withheld.append(1 - latest)
    return World(histories(walks), n_items, np.array(withheld))


def returns(rng: np.random.Generator, *, n_users: int = 300, n_items: int = 60, n_own: int = 12, n_days: int = 90) -> World:
    """Every item is taken again at an interval of its own, of 5 to 14 days; today one of the user's items is due.

    The others were taken a tenth to two thirds of their interval ago.
    """
    walks, withheld = [], []
    for _ in range(n_users):
        own = rng.choice(n_items, n_own, replace=False)
        since = np.append(0.98, rng.uniform(0.1, 0.66, n_own - 1))
        taken = [(times * return_days(int(item)), int(item))
                 for item, share in zip(own, since, strict=True) for times in np.arange(share, n_days)]  # fmt: skip
        walks.append(sorted(((age, item) for age, item in taken if age < n_days), reverse=True))
        withheld.append(int(own[0]))
    items = Ragged.from_rows([[item for _, item in walk] for walk in walks])
    ages = Ragged.from_rows([[age for age, _ in walk] for walk in walks], np.float32).values
    users = Histories(items.indptr, items.values, np.ones(len(ages), np.float32), ages)
    return World(users, n_items, np.array(withheld))


def return_days(item: int) -> int:
    """After how many days an item of `returns` is taken again."""
    return 5 + item % 10


def join(first: Histories, second: Histories) -> Histories:
    """The users of both, those of `second` after those of `first`; without features."""
    indptr = np.concatenate([first.indptr, second.indptr[1:] + first.indptr[-1]])
    columns = zip(
        (first.items, first.weights, first.ages_days), (second.items, second.weights, second.ages_days), strict=True
    )
    return Histories(indptr, *(np.concatenate(pair) for pair in columns))
