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
from tawny.models.repeats.rates import N_COUNTS, Rates, Spells, learned_rates, shrunk_by_group
from tawny.models.repeats.settings import RepeatsSettings

AGE_STARTS = np.array([0, 1, 3, 6, 12, 24, 48, 72, 120, 168, 336, 720, 1440], np.float64) / 24
"""Where the buckets of age begin, in days; the last has no end."""

DUE_STARTS = np.array([0, 0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 2, 3, 5], np.float64)
"""Where the buckets of age begin, in repeat intervals of the item."""

_LEAST_DAYS = 1 / 24  # two purchases within an hour are one


class Repeats(Model):
    """The chance that the user's newest entry with an item leads to a target event on it within the horizon.

    An entry that is not of a target type (a view, a cart) has a rate per day, by type, age and number of entries with the
    item. After a target event (a purchase) the age is counted in the item's own repeat interval, so that what is learned of
    coffee serves razors: a rate per interval, times the item's tendency to be bought again at all. Interval and tendency
    are shrunk to those of the item's category. All are counts of what followed in the histories themselves: events over
    time at risk, where the time ends with the next entry on the item, or with the history.

    Source: Breslow 1974, Covariance analysis of censored survival data (piecewise constant rates); Bhagat et al. 2018, Buy
    It Again (KDD), for repeats at an item's own rate, shrunk. Made for samples of some 50,000 users.
    """

    name = "repeats"
    settings_class = RepeatsSettings
    lists_own_items = True
    settings: RepeatsSettings

    def __init__(
        self, rates: Floats, due_rates: Floats, intervals: Floats, tendencies: Floats, settings: RepeatsSettings
    ) -> None:
        """The arrays as `arrays` names them; `rates` has no types where the histories that were learned from had none."""
        self.rates, self.due_rates, self.intervals, self.tendencies = rates, due_rates, intervals, tendencies
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
        n_items, kappa = len(categories), settings.shrinkage
        spells = _spells(users, settings)
        n_types = 0 if users.types is None else len(EVENT_TYPES)
        before = spells.where(~spells.is_target)
        rates = learned_rates(before, before.kinds, n_types, AGE_STARTS, kappa)

        intervals = _intervals(users, spells, categories, settings)
        after = spells.where(spells.is_target)
        scaled = after.in_units_of(intervals[after.items])
        due = learned_rates(scaled, np.zeros_like(scaled.kinds), 1, DUE_STARTS, kappa)
        expected = np.bincount(scaled.items, due.between(0, scaled.counts, 0.0, scaled.lengths), n_items)
        happened = np.bincount(scaled.items, scaled.is_event, n_items)
        tendencies = shrunk_by_group(happened, expected, categories, 1.0, kappa)
        rates32, due32 = rates.values.astype(np.float32), due.values[0].astype(np.float32)
        return cls(rates32, due32, intervals.astype(np.float32), tendencies.astype(np.float32), settings)

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
        """rates float32 [T, C, B] per day, due_rates float32 [C, D] per interval, intervals float32 [I] in days,
        tendencies float32 [I].
        """
        return {
            "rates": self.rates,
            "due_rates": self.due_rates,
            "intervals": self.intervals,
            "tendencies": self.tendencies,
        }

    def _chances(self, users: Histories) -> tuple[Counts, Floats]:
        """The newest entry of every user and item, and the chance of a target event after it.

        Raises:
            ValueError: the model knows event types, and the histories have none.
        """
        if len(self.rates) and users.types is None:
            raise ValueError("repeats was fitted on histories with event types. Received: histories without.")
        spells = _spells(users, self.settings)
        newest = spells.where(spells.is_newest)
        ages, days, units = newest.lengths, self.settings.horizon_days, self.intervals[newest.items].astype(np.float64)
        due = Rates(self.due_rates[None], DUE_STARTS).between(0, newest.counts, ages / units, (ages + days) / units)
        expected = due * self.tendencies[newest.items]
        if len(self.rates):
            soon = Rates(self.rates, AGE_STARTS).between(newest.kinds, newest.counts, ages, ages + days)
            expected = np.where(newest.is_target, expected, soon)
        return newest.entries, -np.expm1(-expected).astype(np.float32)


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
    """The time after every entry until the next one on the same item, or until the history ends."""
    kinds = np.zeros(len(users.items), np.int64) if users.types is None else users.types.astype(np.int64)
    targets = [EVENT_TYPES.index(name) for name in settings.targets]
    is_target = np.isin(kinds, targets) if targets and users.types is not None else np.ones(len(kinds), np.bool_)
    order, is_newest, counts = _by_item(users, np.ones(len(kinds), np.bool_))
    ages = users.ages_days[order].astype(np.float64)
    following = np.append(order[1:], order[:1])  # of the newest entries it is of another item, and not read
    lengths = np.where(is_newest, ages, ages - users.ages_days[following])
    return Spells(
        entries=order,
        items=users.items[order],
        kinds=kinds[order],
        counts=np.minimum(counts, N_COUNTS - 1),
        lengths=np.maximum(lengths, 0.0),
        is_newest=is_newest,
        is_target=is_target[order],
        is_event=~is_newest & is_target[following],
    )


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
