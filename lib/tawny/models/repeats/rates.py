"""Rates of events by how long ago an entry was: piecewise constant, and shrunk where little was seen.

Shapes: S spells, G kinds of entries, C counts of events with the item, B buckets of age, I items.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles, Ints

N_COUNTS = 3
"""Entries with an item: the first, the second, a later one."""


@dataclass(frozen=True)
class Spells:
    """The time from an entry to the next one of its user on its item, or to the end of the history.

    Attributes:
        entries: int64 [S], the entry's number in the histories.
        items: int32 [S].
        kinds: int64 [S], the entry's event type.
        counts: int64 [S], the entries before it on the item, at most N_COUNTS - 1.
        lengths: float64 [S], not negative, days.
        is_newest: bool [S], it ends with the history.
        is_target: bool [S], the entry is a target event.
        is_event: bool [S], it ends with a target event.
    """

    entries: Counts
    items: Ints
    kinds: Counts
    counts: Counts
    lengths: Doubles
    is_newest: Bools
    is_target: Bools
    is_event: Bools

    def where(self, chosen: Bools) -> "Spells":
        """Those that are chosen, bool [S]."""
        return Spells(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def in_units_of(self, days: Doubles) -> "Spells":
        """The same with lengths in these units, float64 [S]."""
        return replace(self, lengths=self.lengths / days)


@dataclass(frozen=True)
class Rates:
    """Events per unit of time, constant within each bucket of age.

    Attributes:
        values: float [G, C, B].
        starts: float64 [B], where the buckets begin; the first at 0, the last has no end.
    """

    values: NDArray[Any]
    starts: Doubles

    def between(self, kinds: Any, counts: Counts, begin: Any, end: Doubles) -> Doubles:
        """float64 [S]: the expected events from age `begin` to age `end` after entries of these kinds and counts.

        >>> rates = Rates(np.array([[[1.0, 0.5]]]), np.array([0.0, 2.0]))  # 1 a day, and after two days 0.5
        >>> rates.between(0, np.array([0]), 1.0, np.array([4.0]))
        array([2.])
        """
        per_bucket = np.diff(self.starts) * self.values[..., :-1]
        until = np.concatenate([np.zeros((*self.values.shape[:-1], 1)), np.cumsum(per_bucket, axis=-1)], axis=-1)

        def total(ages: Any) -> Doubles:
            bucket = np.searchsorted(self.starts, ages, side="right") - 1
            inside: Doubles = until[kinds, counts, bucket] + self.values[kinds, counts, bucket] * (
                ages - self.starts[bucket]
            )
            return inside

        return total(end) - total(begin)


def learned_rates(spells: Spells, kinds: Counts, n_kinds: int, starts: Doubles, kappa: float) -> Rates:
    """The rates after entries of each kind and count, [G, C, B].

    Each is shrunk to that of its kind, this to that of all kinds in the bucket, and this to the rate of all ages.

    Args:
        spells: their lengths in the unit of `starts`.
        kinds: int64 [S], below `n_kinds`.
        n_kinds: G.
        starts: float64 [B], as of Rates.
        kappa: of `shrunk`.
    """
    cells, shape = kinds * N_COUNTS + spells.counts, (n_kinds, N_COUNTS, len(starts))
    events, exposures = np.zeros(shape), np.zeros(shape)
    ended_in = np.searchsorted(starts, spells.lengths, side="right") - 1
    for bucket, (begin, end) in enumerate(zip(starts, [*starts[1:], np.inf], strict=True)):
        inside = np.clip(spells.lengths - begin, 0.0, end - begin)
        exposures[..., bucket] = np.bincount(cells, inside, n_kinds * N_COUNTS).reshape(shape[:2])
        ended = spells.is_event & (ended_in == bucket)
        events[..., bucket] = np.bincount(cells, ended, n_kinds * N_COUNTS).reshape(shape[:2])
    always = events.sum() / max(exposures.sum(), 1e-9)
    of_age = shrunk(events.sum(axis=(0, 1)), exposures.sum(axis=(0, 1)), always, kappa)
    of_kind = shrunk(events.sum(axis=1), exposures.sum(axis=1), of_age, kappa)
    return Rates(shrunk(events, exposures, of_kind[:, None], kappa), starts)


def shrunk(events: Doubles, exposures: Doubles, general: Any, kappa: float) -> Doubles:
    """Events over exposures, as if `kappa` more events had come at the `general` rate; 0 where that is 0.

    Two events in 10 days, and two more at 1 a day: 4 / 12.

    >>> shrunk(np.array([2.0]), np.array([10.0]), 1.0, 2.0).round(5)
    array([0.33333])
    """
    prior = np.broadcast_to(np.asarray(general, np.float64), events.shape)
    possible = prior > 0
    days = exposures + kappa / np.where(possible, prior, 1.0)
    return np.where(possible, (events + kappa) / days, 0.0)


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
