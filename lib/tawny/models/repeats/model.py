"""Repeats: what a user viewed or bought before, and may want now.

Shapes: U users, I items, N history entries, K list, T event types, C counts of events with the item (1, 2, more), B buckets
of age in days, D buckets of age in repeat intervals.
"""

from typing import Self

import numpy as np
import pyarrow as pa

from tawny.core.arrays import Arrays, Bools, Counts, Doubles, Floats, Histories, Ints, Ragged, unnest
from tawny.core.columns import EVENT_TYPES
from tawny.models.base import Model
from tawny.models.repeats.chances import N_COUNTS, Chances, Spells, learned_chances, shrunk_by_group, tendencies
from tawny.models.repeats.settings import RepeatsSettings

AGE_STARTS = np.array([0, 1, 3, 6, 12, 24, 48, 72, 120, 168, 336, 720, 1440], np.float64) / 24
"""Where the buckets of age begin, in days; the last has no end."""

DUE_STARTS = np.array([0, 0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 2, 3, 5], np.float64)
"""Where the buckets of age begin, in repeat intervals of the item."""

_LEAST_DAYS = 1 / 24  # two purchases within an hour are one


class Repeats(Model):
    """The chance that a target event on an item the user knows comes within the horizon.

    After an entry that is not of a target type (a view, a cart) the chance hangs on its type, its age and the number of
    entries with the item. After a target event (a purchase) the age is counted in the item's own repeat interval, so that
    what is learned of coffee serves razors, times the item's tendency to be bought again at all. Interval and tendency are
    shrunk to those of the item's category. All is counted in the histories themselves: of the time in which an entry was
    the newest on its item, the share after which a target event came within the horizon.

    Source: van Houwelingen 2007, Dynamic prediction by landmarking (Scandinavian Journal of Statistics), for the question
    asked at every instant; Bhagat et al. 2018, Buy It Again (KDD), for repeats at an item's own, shrunk rate. Made for
    samples of some 50,000 users.
    """

    name = "repeats"
    settings_class = RepeatsSettings
    lists_own_items = True
    settings: RepeatsSettings

    def __init__(self, soon: Floats, due: Floats, intervals: Floats, tendencies: Floats, settings: RepeatsSettings) -> None:
        """The arrays as `arrays` names them; `soon` has no types where the histories that were learned from had none."""
        self.soon, self.due, self.intervals, self.tendencies = soon, due, intervals, tendencies
        self.settings = settings

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: RepeatsSettings, rng: np.random.Generator) -> Self:
        """The model from histories in one process, all items of one category; nothing is random."""
        return cls.learn(users, np.zeros(n_items, np.int32), settings)

    @classmethod
    def learn(cls, users: Histories, categories: Ints, settings: RepeatsSettings) -> Self:
        """The model from histories.

        Args:
            users: the histories to learn from.
            categories: int32 [I], the number of each item's category, from 0.
            settings: see there.
        """
        days, kappa = settings.horizon_days, settings.shrinkage
        spells = _spells(users, settings)
        before, after = spells.where(~spells.is_target), spells.where(spells.is_target)
        n_types = 0 if users.types is None else len(EVENT_TYPES)
        soon = learned_chances(before, before.kinds, n_types, AGE_STARTS, 1.0, days, kappa).values

        intervals = _intervals(users, spells, categories, settings)
        units = intervals[after.items]
        due = learned_chances(after, np.zeros_like(after.kinds), 1, DUE_STARTS, units, days, kappa)
        again = tendencies(after, due, units, categories, days, kappa)
        arrays = (soon, due.values[0], intervals, again)
        soon32, due32, intervals32, again32 = (array.astype(np.float32) for array in arrays)
        return cls(soon32, due32, intervals32, again32, settings)

    def score(self, users: Histories) -> Floats:
        """float32 [U, I]; -inf for items that are not in the user's history."""
        scores = np.full((users.n_users, len(self.intervals)), -np.inf, np.float32)
        newest, chances = self._chances(users)
        scores[users.rows[newest], users.items[newest]] = chances
        return scores

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: the whole score, for the user's newest entry with the listed item."""
        by_entry = np.zeros(len(users.items), np.float32)
        newest, chances = self._chances(users)
        by_entry[newest] = chances
        return np.where(items[users.rows] == users.items[:, None], by_entry[:, None], np.float32(0))

    def arrays(self) -> Arrays:
        """soon float32 [T, C, B], by age in days; due float32 [C, D], by age in intervals; intervals float32 [I], days;
        tendencies float32 [I].
        """
        return {"soon": self.soon, "due": self.due, "intervals": self.intervals, "tendencies": self.tendencies}

    def _chances(self, users: Histories) -> tuple[Counts, Floats]:
        """The newest entry of every user and item, and the chance of a target event after it.

        Raises:
            ValueError: the model knows event types, and the histories have none.
        """
        if len(self.soon) and users.types is None:
            raise ValueError("repeats was fitted on histories with event types. Received: histories without.")
        spells = _spells(users, self.settings)
        newest = spells.where(spells.is_newest)
        ages = users.ages_days[newest.entries].astype(np.float64)
        chances = Chances(self.due[None], DUE_STARTS).at(0, newest.counts, ages / self.intervals[newest.items])
        chances = np.minimum(chances * self.tendencies[newest.items], np.float32(1))
        if len(self.soon):
            soon = Chances(self.soon, AGE_STARTS).at(newest.kinds, newest.counts, ages)
            chances = np.where(newest.is_target, chances, soon)
        return newest.entries, chances


def category_numbers(categories: pa.ChunkedArray) -> Ints:
    """int32 [I]: the number of each item's first category, from 1; 0 for items without one.

    >>> category_numbers(pa.chunked_array([[["tea"], [], ["cups", "tea"], ["tea"]]]))
    array([1, 0, 2, 1], dtype=int32)
    """
    starts, names = unnest(categories)
    has_any, numbers = np.diff(starts) > 0, np.zeros(len(starts) - 1, np.int32)
    firsts = names.take(pa.array(starts[:-1][has_any]))
    numbers[has_any] = firsts.dictionary_encode().indices.to_numpy() + 1
    return numbers


def _spells(users: Histories, settings: RepeatsSettings) -> Spells:
    """The time in which each entry is the newest on its item, and from when on a target event is a horizon away."""
    kinds = np.zeros(len(users.items), np.int64) if users.types is None else users.types.astype(np.int64)
    targets = [EVENT_TYPES.index(name) for name in settings.targets]
    is_target = np.isin(kinds, targets) if targets and users.types is not None else np.ones(len(kinds), np.bool_)
    order, is_newest, counts = _by_item(users, np.ones(len(kinds), np.bool_))
    ages, n = users.ages_days[order].astype(np.float64), len(order)
    lengths = np.where(is_newest, ages, ages - np.append(ages[1:], 0.0))

    # The place of the next target event on the same item: the first after the entry, unless the item ends before it.
    at_target = np.where(is_target[order], np.arange(n), n)
    following = np.append(np.minimum.accumulate(at_target[::-1])[::-1][1:], n)
    last = np.flatnonzero(is_newest)[np.cumsum(is_newest) - is_newest]
    until = np.where(following <= last, ages - np.append(ages, 0.0)[following], np.inf)

    known = np.clip(np.minimum(lengths, ages - settings.horizon_days), 0.0, None)
    hits_from = np.clip(until - settings.horizon_days, 0.0, known)
    capped = np.minimum(counts, N_COUNTS - 1)
    return Spells(order, users.items[order], kinds[order], capped, known, hits_from, is_newest, is_target[order])


def _by_item(users: Histories, chosen: Bools) -> tuple[Counts, Bools, Counts]:
    """The chosen entries by user, item and time: the entry's number, if it is the newest of its item, how many before."""
    order = np.flatnonzero(chosen)
    order = order[np.lexsort((users.items[order], users.rows[order]))]  # stable: entries stay in order of time
    cells = np.stack([users.rows[order], users.items[order]])
    starts = np.append(True, (cells[:, 1:] != cells[:, :-1]).any(axis=0))[: len(order)]
    firsts = Ragged(np.append(np.flatnonzero(starts), len(order)).astype(np.int64), order)
    return order, np.append(starts[1:], True)[: len(order)], firsts.positions


def _intervals(users: Histories, spells: Spells, categories: Ints, settings: RepeatsSettings) -> Doubles:
    """float64 [I], days: the geometric mean of the times between two target events of a user on the item, shrunk."""
    is_target = np.zeros(len(users.items), np.bool_)
    is_target[spells.entries] = spells.is_target
    order, is_newest, _ = _by_item(users, is_target)
    earlier = np.flatnonzero(~is_newest)
    gaps = (users.ages_days[order[earlier]] - users.ages_days[order[earlier + 1]]).astype(np.float64)
    real = gaps >= _LEAST_DAYS
    items, logs = users.items[order[earlier[real]]], np.log(gaps[real])
    sums, counts = (np.bincount(items, weights, len(categories)) for weights in (logs, np.ones_like(logs)))
    overall = float(logs.mean()) if len(logs) else 0.0
    return np.exp(shrunk_by_group(sums, counts, categories, overall, settings.shrinkage))


MODEL = Repeats
