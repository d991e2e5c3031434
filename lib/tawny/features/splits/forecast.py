"""What `plan_split` will make of events that lie in memory: the same decisions, counted without a JVM.

Shapes: N events, D days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts
from tawny.core.columns import EVENT_TYPES, EventType
from tawny.core.config import NightSettings
from tawny.features.order import MIN_EVENTS, most_are_spread
from tawny.features.splits.mornings import plan_of_days
from tawny.features.splits.windows import Day, Window, choose_windows
from tawny.features.targets import Targets, seen_types_of, targets_of

MICROS_PER_DAY = 86_400_000_000


@dataclass(frozen=True)
class EventArrays:
    """Events as numbers.

    Attributes:
        users, items: int64 [N], dense from 0.
        types: int8 [N], places in EVENT_TYPES.
        micros: int64 [N], since 1970, UTC.
    """

    users: Counts
    items: Counts
    types: NDArray[np.int8]
    micros: Counts

    def take(self, kept: Bools) -> "EventArrays":
        """The events of this mask, bool [N]."""
        return EventArrays(self.users[kept], self.items[kept], self.types[kept], self.micros[kept])

    @property
    def n_events(self) -> int:
        """N."""
        return len(self.users)


@dataclass(frozen=True)
class Forecast:
    """What the night will be asked.

    Attributes:
        kind: the split, as `plan_split` will choose it.
        targets: what a list is for.
        seen_types: an item with an event of such a type is not listed to its user.
        validation, test: the windows; None where there is none, or where another split than `mornings` holds events out.
        reason: why, as the night will say it.
    """

    kind: str
    targets: Targets
    seen_types: tuple[EventType, ...]
    validation: Window | None
    test: Window | None
    reason: str


def forecast(events: EventArrays, settings: NightSettings, cutoff: datetime) -> Forecast:
    """What `plan_split` decides on these events; whether their order says something is left to the night.

    Args:
        events: accepted ones, of whatever type and time.
        settings: of the night.
        cutoff: run_date 00:00 UTC; later events are left out.
    """
    kinds = [EVENT_TYPES.index(kind) for kind in settings.events.informative_types]
    known = events.take(np.isin(events.types, kinds) & (events.micros < micros_of(cutoff)))
    targets = targets_of(lambda wanted: _days_by_type(known, wanted), settings)
    seen_types = seen_types_of(targets, lambda: _shares(known, tuple(targets)), settings)
    split, said = settings.split, f"asked for: {', '.join(targets)}"
    if split.kind != "mornings":
        return Forecast(split.kind, targets, seen_types, None, None, f"{said}; split.kind is {split.kind}")
    if not most_are_spread(_is_spread(known)):
        why = "most users have all their events at one instant: a random part of each user's items is held out"
        return Forecast("random_holdout", targets, seen_types, None, None, f"{said}; {why}")
    days = _days(known, _of_types(known, tuple(targets)))
    validation, test = choose_windows(days, split)
    reason = plan_of_days(days, settings, cutoff).reason
    return Forecast("mornings", targets, seen_types, validation, test, f"{said}; {reason}")


def micros_of(instant: datetime) -> int:
    """Microseconds since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def day_of(number: int) -> date:
    """The day that begins so many days after 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=number)


def _days_by_type(events: EventArrays, types: Sequence[EventType]) -> dict[str, list[Day]]:
    found = {kind: _days(events, _of_types(events, (kind,))) for kind in types}
    return {kind: days for kind, days in found.items() if days}


def _of_types(events: EventArrays, types: Sequence[str]) -> Bools:
    return np.isin(events.types, [EVENT_TYPES.index(kind) for kind in types])


def _days(events: EventArrays, is_asked: Bools) -> list[Day]:
    """As `features.splits.mornings.days_of`: the first event of each user with each item, among those asked for."""
    came = _first(events.users, events.micros)
    asked = events.take(is_asked)
    order = np.lexsort((asked.micros, _pairs(asked)))
    pairs = _pairs(asked)[order]
    is_first = np.diff(pairs, prepend=-1) != 0
    users, days = asked.users[order][is_first], asked.micros[order][is_first] // MICROS_PER_DAY
    is_warm = came[users] < days * MICROS_PER_DAY
    numbers, day = np.unique(days, return_inverse=True)
    lists = np.unique(day[is_warm] * (len(came) + 1) + users[is_warm]) // (len(came) + 1)
    counted = (np.bincount(rows, minlength=len(numbers)).tolist() for rows in (day, day[is_warm], lists))
    return [Day(day_of(number), *of_day) for number, *of_day in zip(numbers.tolist(), *counted, strict=True)]


def _pairs(events: EventArrays) -> Counts:
    """int64 [N]: a number for the user with the item."""
    return events.users * (int(events.items.max(initial=0)) + 1) + events.items


def _first(users: Counts, micros: Counts) -> Counts:
    """int64 [users]: the instant of each user's first event."""
    first = np.full(int(users.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, users, micros)
    return first


def _is_spread(events: EventArrays) -> Bools:
    """bool [users with events enough]: whether their events are at more than one instant."""
    first = _first(events.users, events.micros)
    last = -_first(events.users, -events.micros)
    return (first < last)[np.bincount(events.users, minlength=len(first)) >= MIN_EVENTS]


def _shares(events: EventArrays, targets: Sequence[str]) -> tuple[float, float]:
    """As `features.targets.choose_seen_types` counts them."""
    pairs, days = _pairs(events), events.micros // MICROS_PER_DAY
    is_target = _of_types(events, targets)
    first = _by_pair(pairs, days)
    taken = np.unique(np.stack([pairs[is_target], days[is_target]], axis=1), axis=0)
    n = len(taken)
    if not n:
        return 0.0, 0.0
    first_taken = _by_pair(taken[:, 0], taken[:, 1])
    n_new = sum(first[pair] == day for pair, day in first_taken.items())
    return (n - len(first_taken)) / n, (n - n_new) / n


def _by_pair(pairs: Counts, days: Counts) -> Mapping[int, int]:
    """The first day of each pair."""
    order = np.lexsort((days, pairs))
    is_first = np.diff(pairs[order], prepend=-1) != 0
    return dict(zip(pairs[order][is_first].tolist(), days[order][is_first].tolist(), strict=True))
