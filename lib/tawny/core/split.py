"""What one night holds out to judge itself: cutoffs, the instants at which lists are made, and what counts as an answer.

A *morning* is such an instant: 00:00 of a day. The list of a user as of a morning is made from the history before it, by
models that were fitted on what lies before the fold's window; it is judged on what the user does in the days that follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from tawny.core.columns import EventType, Fold


@dataclass(frozen=True)
class FoldSplit:
    """One fold of a night.

    Attributes:
        cutoff_ts: the fold's models learn from events before it, and count ages to it.
        end_ts: answers lie before it.
        mornings: as of when the fold makes lists, ascending; none where nothing is held out.
        horizon_days: what a user does so long after a morning is the answer to its list; None: all that is held out.
        n_answers: first events of a user with an item in the window, of a target type.
        n_warm_answers: of these, of users who had a history that morning.
    """

    cutoff_ts: datetime
    end_ts: datetime
    mornings: tuple[datetime, ...] = ()
    horizon_days: int | None = None
    n_answers: int = 0
    n_warm_answers: int = 0


@dataclass(frozen=True)
class NightSplit:
    """How the events of a night are divided.

    Attributes:
        kind: a file of features/splits, which labels the events.
        folds: by name, all three.
        is_ordered: whether the order of a user's events says something about what follows.
        targets: the value of an answer by event type, above 0.
        seen_types: an item with an event of such a type is not listed to its user.
        reason: why it is so, for people.
    """

    kind: str
    folds: Mapping[Fold, FoldSplit]
    is_ordered: bool
    targets: Mapping[EventType, float]
    seen_types: tuple[EventType, ...]
    reason: str

    @property
    def is_by_time(self) -> bool:
        """Whether all that a fold is asked about is later than what it learns from; else labels alone divide them."""
        return self.folds["validation"].cutoff_ts < self.folds["validation"].end_ts

    @property
    def end_ts(self) -> datetime:
        """run_date 00:00 UTC."""
        return self.folds["serve"].cutoff_ts

    @classmethod
    def from_table(cls, rows: Any) -> "NightSplit":
        """From rows of splits_v1 of one run_date, a pyarrow.Table."""
        by_fold = {row["fold"]: row for row in rows.to_pylist(maps_as_pydicts="strict")}
        one = by_fold["serve"]
        folds = {cast(Fold, fold): _fold_split(row) for fold, row in by_fold.items()}
        return cls(one["kind"], folds, one["is_ordered"], one["targets"], tuple(one["seen_types"]), one["reason"])


def _fold_split(row: Mapping[str, object]) -> FoldSplit:
    own = {name: row[name] for name in FoldSplit.__dataclass_fields__}
    return FoldSplit(**{**own, "mornings": tuple(cast(Sequence[datetime], row["mornings"]))})  # type: ignore[arg-type]


def mornings_of(cutoff_ts: datetime, end_ts: datetime, horizon_days: int) -> tuple[datetime, ...]:
    """The days of a window whose answers lie within it.

    >>> [one.day for one in mornings_of(datetime(2026, 1, 1), datetime(2026, 1, 5), 2)]
    [1, 2, 3]
    """
    n_days = (end_ts - cutoff_ts) // timedelta(days=1) - horizon_days + 1
    return tuple(cutoff_ts + timedelta(days=day) for day in range(max(0, n_days)))
