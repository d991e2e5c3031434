"""The chance of an event within the horizon, by how long ago an entry was: counted, and shrunk where little was seen.

Shapes: S spells, G kinds of entries, C counts of events with the item, B buckets of age, I items.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles, Ints

N_COUNTS = 3
"""Entries with an item: the first, the second, a later one."""


@dataclass(frozen=True)
class Spells:
    """The time in which an entry is the newest of its user on its item.

    Every instant of it is a time at which one could have asked: will a target event come within the horizon? The answer is
    yes from `hits_from` on. Instants whose horizon ends after the history are left out, as nobody knows the answer.

    Attributes:
        entries: int64 [S], the entry's number in the histories.
        items: int32 [S].
        kinds: int64 [S], the entry's event type.
        counts: int64 [S], the entries before it on the item, at most N_COUNTS - 1.
        lengths: float64 [S], days, of the time with a known answer.
        hits_from: float64 [S], days from the entry, at most `lengths`.
        is_newest: bool [S], it lasts to the end of the history.
        is_target: bool [S], the entry is a target event.
    """

    entries: Counts
    items: Ints
    kinds: Counts
    counts: Counts
    lengths: Doubles
    hits_from: Doubles
    is_newest: Bools
    is_target: Bools

    def where(self, chosen: Bools) -> "Spells":
        """Those that are chosen, bool [S]."""
        return Spells(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def by_bucket(self, starts: Doubles, units: Any) -> Iterator[tuple[Doubles, Doubles]]:
        """For each bucket of age, float64 [S] twice: the days of the spell in it, and those with the answer yes.

        Args:
            starts: float64 [B], where the buckets begin, in `units`; the last has no end.
            units: days, one number or float64 [S].
        """
        for begin, end in zip(starts, [*starts[1:], np.inf], strict=True):
            days = np.clip(self.lengths - begin * units, 0.0, (end - begin) * units)
            yield days, days - np.clip(self.hits_from - begin * units, 0.0, (end - begin) * units)


@dataclass(frozen=True)
class Chances:
    """The chance of a target event within the horizon.

    Attributes:
        values: float [G, C, B], in [0, 1].
        starts: float64 [B], where the buckets of age begin; the first at 0, the last has no end.
    """

    values: NDArray[Any]
    starts: Doubles

    def at(self, kinds: Any, counts: Counts, ages: Doubles) -> NDArray[Any]:
        """float [S]: for entries of these kinds, counts and ages."""
        found: NDArray[Any] = self.values[kinds, counts, np.searchsorted(self.starts, ages, side="right") - 1]
        return found


def learned_chances(
    spells: Spells, kinds: Counts, n_kinds: int, starts: Doubles, units: Any, horizon_days: float, kappa: float
) -> Chances:
    """The chances after entries of each kind and count, [G, C, B]: the share of the spells' time with the answer yes.

    Each is shrunk to that of its kind, this to that of all kinds in the bucket, and this to that of all ages.

    Args:
        spells: to count.
        kinds: int64 [S], below `n_kinds`.
        n_kinds: G.
        starts, units: as of Spells.by_bucket.
        horizon_days: this much time counts as one question.
        kappa: of `shrunk`.
    """
    cells, n_cells = kinds * N_COUNTS + spells.counts, n_kinds * N_COUNTS
    asked, hits = np.zeros((2, n_kinds, N_COUNTS, len(starts)))
    for bucket, (days, hit_days) in enumerate(spells.by_bucket(starts, units)):
        asked[..., bucket] = np.bincount(cells, days / horizon_days, n_cells).reshape(n_kinds, N_COUNTS)
        hits[..., bucket] = np.bincount(cells, hit_days / horizon_days, n_cells).reshape(n_kinds, N_COUNTS)
    always = hits.sum() / max(asked.sum(), 1e-9)
    of_age = shrunk(hits.sum(axis=(0, 1)), asked.sum(axis=(0, 1)), always, kappa)
    of_kind = shrunk(hits.sum(axis=1), asked.sum(axis=1), of_age, kappa)
    return Chances(shrunk(hits, asked, of_kind[:, None], kappa), starts)


def tendencies(spells: Spells, due: Chances, units: Doubles, categories: Ints, horizon_days: float, kappa: float) -> Doubles:
    """float64 [I]: hits of each item over those that `due` expects, shrunk to those of its category, and these to 1.

    Args:
        spells: after target events.
        due: their chances.
        units: float64 [S], days, as of Spells.by_bucket.
        categories: int32 [I], from 0.
        horizon_days, kappa: as of `learned_chances`.
    """
    n_items = len(categories)
    hits, expected = np.zeros(n_items), np.zeros(n_items)
    for bucket, (days, hit_days) in enumerate(spells.by_bucket(due.starts, units)):
        expected += np.bincount(spells.items, days / horizon_days * due.values[0, spells.counts, bucket], n_items)
        hits += np.bincount(spells.items, hit_days / horizon_days, n_items)
    return shrunk_by_group(hits, expected, categories, 1.0, kappa)


def shrunk(hits: Doubles, asked: Doubles, general: Any, kappa: float) -> Doubles:
    """Hits over questions, as if `kappa` more hits had come at the `general` chance; 0 where that is 0.

    Two hits of 10, and two more at 1 in 2: 4 / 14.

    >>> shrunk(np.array([2.0]), np.array([10.0]), 0.5, 2.0).round(5)
    array([0.28571])
    """
    prior = np.broadcast_to(np.asarray(general, np.float64), hits.shape)
    possible = prior > 0
    return np.where(possible, (hits + kappa) / (asked + kappa / np.where(possible, prior, 1.0)), 0.0)


def shrunk_by_group(sums: NDArray[Any], weights: NDArray[Any], groups: Ints, general: float, kappa: float) -> Doubles:
    """float64 [I]: each item's mean, `sums / weights`, shrunk to its group's, and this to the `general` one.

    Args:
        sums, weights: [I].
        groups: int32 [I], from 0.
        general: of all items.
        kappa: the weight of the more general mean.

    The group has (4 + 2 * 1) / (2 + 2) = 1.5; the items (4 + 2 * 1.5) / (2 + 2) and (0 + 2 * 1.5) / (0 + 2).

    >>> shrunk_by_group(np.array([4.0, 0.0]), np.array([2.0, 0.0]), np.array([0, 0]), 1.0, 2.0)
    array([1.75, 1.5 ])
    """
    of_group = (np.bincount(groups, sums) + kappa * general) / (np.bincount(groups, weights) + kappa)
    means: Doubles = (sums + kappa * of_group[groups]) / (weights + kappa)
    return means
