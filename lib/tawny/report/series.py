"""The numbers that are followed from night to night: what each means, which way is worse, and how much is noise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tawny.report import words

Worse = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Series:
    """A number of every night.

    Attributes:
        key: its name here.
        title: its name for people.
        sentence: what it says, in a sentence.
        worse: the direction in which it gets worse.
        write: a value as text.
        least_change: relative to the usual value, what is worth a word.
        other: the series it is drawn beside, dashed.
        is_weekly: a day is held against the same day of other weeks, where there are enough.
        most: it is never above that.
    """

    key: str
    title: str
    sentence: str
    worse: Worse
    write: Callable[[float], str]
    least_change: float = 0.1
    other: str | None = None
    is_weekly: bool = False
    most: float | None = None


QUALITY = (
    Series(
        "ndcg", "NDCG of the final list",
        "How early the lists name what users took, on the test window; dashed: the best single source.",
        "lower", words.metric, 0.03, "best_source", most=1.0,
    ),
    Series(
        "before_ndcg", "NDCG of the list that readers saw", "The published list of the day, judged by what users did next.",
        "lower", words.metric, 0.1, most=1.0,
    ),
    Series(
        "coverage", "Coverage", "Share of the catalog that is on at least one test list.",
        "lower", words.share, 0.1, most=1.0,
    ),
    Series(
        "novelty", "Novelty", "How surprising the listed items are to someone who knows what is popular, in bits.",
        "neither", words.bits, 0.05,
    ),
    Series(
        "list_overlap", "Overlap with the list before", "Share of a user's items that were on the list before.",
        "neither", words.share, 0.2, most=1.0,
    ),
    Series(
        "quiet_changed", "Lists changed without a cause",
        "Share of the users who did nothing since and got another list all the same.",
        "higher", words.share, 0.25, most=1.0,
    ),
    Series(
        "listed_share", "Users with a list", "Share of the eligible users who have a list.",
        "lower", words.share, 0.01, most=1.0,
    ),
)  # fmt: skip

DATA = (
    Series(
        "day_events", "Events of the last day", "Accepted events of the day before run_date.",
        "lower", words.count, 0.3, is_weekly=True,
    ),
    Series(
        "day_users", "Users of the last day", "Users with an event on that day.",
        "lower", words.count, 0.3, is_weekly=True,
    ),
    Series(
        "new_users", "New users", "Users whose first event is of that day.",
        "lower", words.count, 0.5, is_weekly=True,
    ),
    Series(
        "late_events", "Late events",
        "Events of days that the night before had already counted; below 0 where some were taken back.",
        "higher", words.count, 1.0,
    ),
    Series(
        "refused_share", "Refused rows", "Share of the landed rows that were quarantined.",
        "higher", words.share, 0.5, most=1.0,
    ),
    Series(
        "gone_items", "Items gone", "Items that could be listed the night before and cannot now.",
        "higher", words.count, 1.0,
    ),
)  # fmt: skip

DRIFT = (
    Series(
        "drift_types", "Drift of event types",
        "Population stability index of the last day against four weeks: below 0.1 is stable, above 0.25 a shift.",
        "higher", words.metric, 0.5,
    ),
    Series("drift_hours", "Drift of hours", "The same, of the hour of the day.", "higher", words.metric, 0.5),
    Series(
        "drift_scores", "Drift of scores", "The same, of the scores on the lists, against the list before.",
        "higher", words.metric, 0.5,
    ),
    Series(
        "drift_sources", "Drift of sources", "The same, of which source speaks most for a listed item.",
        "higher", words.metric, 0.5,
    ),
)  # fmt: skip

OPERATION = (
    Series(
        "seconds", "Seconds of all jobs", "The last run of every job of the night, added up.",
        "higher", words.seconds, 0.5,
    ),
    Series(
        "memory", "Largest memory of a job", "Resident memory of its processes on the night's machine.",
        "higher", words.memory, 0.3,
    ),
)  # fmt: skip

ALL = (*QUALITY, *DATA, *DRIFT, *OPERATION)
