"""Made worlds: histories of which the next item is known, so that a model that works must find it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tawny.models.base import Histories


@dataclass(frozen=True)
class World:
    """Histories and what every user takes next.

    Attributes:
        users: what is known.
        n_items: I.
        withheld: int64 [U], the item each user takes next; never in the user's history.
    """

    users: Histories
    n_items: int
    withheld: NDArray[np.int64]


def histories(items: Sequence[Sequence[int]], *, weights: float = 1.0) -> Histories:
    """Histories written out by hand: one sequence of items per user, oldest first, one day apart, the newest a day old."""
    lengths = np.array([len(own) for own in items], np.int64)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    flat = np.array([item for own in items for item in own], np.int32)
    ages = np.array([age for own in items for age in range(len(own), 0, -1)], np.float32)
    return Histories(indptr, flat, np.full(len(flat), weights, np.float32), ages)


def chains(rng: np.random.Generator, *, n_users: int = 300, n_chains: int = 6, chain_length: int = 10) -> World:
    """Every user walks around one of several circles of items, with one foreign item on the way, and takes the next.

    Circles do not touch: whoever groups items by users, or knows what follows what, finds the withheld item.
    """
    walks, withheld = [], []
    for _ in range(n_users):
        chain, start = rng.integers(n_chains), rng.integers(chain_length)
        length = rng.integers(chain_length // 2, chain_length - 1)
        walk = chain * chain_length + (start + np.arange(length + 1)) % chain_length
        foreign = (chain + rng.integers(1, n_chains)) % n_chains * chain_length + rng.integers(chain_length)
        walks.append([int(walk[0]), int(foreign), *map(int, walk[1:-1])])
        withheld.append(int(walk[-1]))
    return World(histories(walks), n_chains * chain_length, np.array(withheld))


def trend(rng: np.random.Generator, *, n_users: int = 300, n_items: int = 60) -> World:
    """Items 0 and 1 are in fashion: most users took one of them yesterday, and will take the other today."""
    walks, withheld = [], []
    for _ in range(n_users):
        latest = int(rng.integers(2))
        walks.append([*map(int, rng.choice(np.arange(2, n_items), 5, replace=False)), latest])
        withheld.append(1 - latest)
    return World(histories(walks), n_items, np.array(withheld))


def join(first: Histories, second: Histories) -> Histories:
    """The users of both, those of `second` after those of `first`; without features."""
    indptr = np.concatenate([first.indptr, second.indptr[1:] + first.indptr[-1]])
    columns = zip(
        (first.items, first.weights, first.ages_days), (second.items, second.weights, second.ages_days), strict=True
    )
    return Histories(indptr, *(np.concatenate(pair) for pair in columns))
