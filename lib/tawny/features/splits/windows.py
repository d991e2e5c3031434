"""Chooses the windows of validation and test from how many answers each day has. Needs no Spark."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from tawny.core.config import SplitSettings


@dataclass(frozen=True)
class Day:
    """What users did on one day.

    Attributes:
        n_answers: first events of a user with an item, of the types that are asked for.
        n_warm: of these, of users who had a history that morning.
        n_lists: how many such users there were.
    """

    day: date
    n_answers: int
    n_warm: int
    n_lists: int


@dataclass(frozen=True)
class Window:
    """Days in a row, `[first, end)`."""

    first: date
    end: date
    n_answers: int
    n_warm: int
    n_lists: int

    @classmethod
    def of(cls, first: date, end: date, days: Sequence[Day]) -> Self:
        """With the sums of these days."""
        return cls(first, end, *(sum(getattr(day, name) for day in days) for name in ("n_answers", "n_warm", "n_lists")))

    def is_enough(self, settings: SplitSettings) -> bool:
        """Whether there is enough to be judged on."""
        return self.n_warm >= settings.min_answers and self.n_lists >= settings.min_lists


def choose_windows(days: Sequence[Day], settings: SplitSettings) -> tuple[Window | None, Window | None]:
    """The windows of validation and of test; validation comes first, and is the one where there can only be one.

    A window has `window_days`, or is the shortest with `min_answers` answers of users with a history to `min_lists` lists.
    It holds at most `max_share` of all answers, but one horizon at least, and never more than half of what there is. So a
    day to learn from is always left.

    Args:
        days: the active days, ascending.
        settings: of the split.
    """
    n_all = sum(day.n_answers for day in days)
    last = _last_window(days, days[-1].day + timedelta(days=1), settings, n_all) if days else None
    if last is None:
        return None, None
    before = _last_window([day for day in days if day.day < last.first], last.first, settings, n_all)
    return (before, last) if before else (last, None)


def _last_window(days: Sequence[Day], end: date, settings: SplitSettings, n_all: int) -> Window | None:
    if len(days) < 2:
        return None
    if settings.window_days:
        first = max(end - timedelta(days=settings.window_days), days[0].day + timedelta(days=1))
        return Window.of(first, end, [day for day in days if day.day >= first])
    n_left, taken = sum(day.n_answers for day in days), list[Day]()
    for day in reversed(days[1:]):
        n_answers = day.n_answers + sum(one.n_answers for one in taken)
        has_room = bool(taken) and (end - taken[-1].day).days >= settings.horizon_days
        is_enough = Window.of(day.day, end, taken).is_enough(settings) or n_answers > settings.max_share * n_all
        if (has_room and is_enough) or n_answers > n_left / 2:
            break
        taken.append(day)
    return Window.of(taken[-1].day, end, taken) if taken else None
