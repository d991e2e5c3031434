"""Asks what a nightly list is asked: as of each morning of a window, what does the user do in the next days?

The windows are the last days of the data, whatever run_date is, and as long as a judgement needs.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, EVENT_TYPE, ITEM_ID, USER_ID, Fold
from tawny.core.config import NightSettings
from tawny.core.split import FoldSplit, mornings_of
from tawny.features.order import has_usable_times
from tawny.features.splits import random_holdout
from tawny.features.splits.base import Plan, Splitter, label_by_time
from tawny.features.splits.windows import Day, Window, choose_windows
from tawny.lake.spark import gather

_MAX_DAYS = 100_000


def mornings(events: DataFrame, settings: NightSettings, targets: tuple[str, ...], cutoff: datetime) -> Plan:
    """Two windows of days, where there are days enough; a random holdout where most users have all events at one instant."""
    if not has_usable_times(events, settings.seed):
        plan = random_holdout.planned(events, settings, targets, cutoff)
        reason = f"most users have all their events at one instant, so nothing can be asked of a day: {plan.reason}"
        return Plan(plan.kind, plan.folds, reason)
    return plan_of_days(days_of(events, targets), settings, cutoff)


def plan_of_days(days: Sequence[Day], settings: NightSettings, cutoff: datetime) -> Plan:
    """The windows, from how many answers each day has; whoever counted the days.

    Args:
        days: the active days before the cutoff, ascending.
        settings: of the night.
        cutoff: run_date 00:00 UTC.
    """
    validation, test = choose_windows(days, settings.split)
    end = _midnight(test.end if test else validation.end if validation else cutoff.date())
    at_end = FoldSplit(end, end)
    folds: dict[Fold, FoldSplit] = {
        "validation": _fold(validation, settings) if validation else at_end,
        "test": _fold(test, settings) if test else at_end,
        "serve": FoldSplit(cutoff, cutoff, (cutoff,)),
    }
    return Plan("mornings", folds, _reason(days, validation, test, settings))


def days_of(events: DataFrame, targets: Sequence[str]) -> list[Day]:
    """The days on which a user took an item for the first time, by an event of any of these types; ascending."""
    asked = events.where(F.col(EVENT_TYPE).isin(*targets)).withColumn("asked", F.lit("any"))
    return _days(asked, events).get("any", [])


def days_by_type(events: DataFrame, types: Sequence[str]) -> dict[str, list[Day]]:
    """`days_of` each of these types that occurs, in one pass."""
    return _days(events.where(F.col(EVENT_TYPE).isin(*types)).withColumn("asked", F.col(EVENT_TYPE)), events)


def _days(asked: DataFrame, events: DataFrame) -> dict[str, list[Day]]:
    """By the value of the column `asked`; a user came with the first of all `events`."""
    first = asked.groupBy("asked", USER_ID, ITEM_ID).agg(F.min(EVENT_TS).alias("ts"))
    came = events.groupBy(USER_ID).agg(F.min(EVENT_TS).alias("came"))
    is_warm = F.col("came") < F.date_trunc("day", "ts")
    taken = first.join(came, USER_ID).select("asked", USER_ID, F.to_date("ts").alias("day"), is_warm.alias("is_warm"))
    counted = taken.groupBy("asked", "day").agg(
        F.count("*").alias("n_answers"),
        F.count_if("is_warm").alias("n_warm"),
        F.count_distinct(F.when(F.col("is_warm"), F.col(USER_ID))).alias("n_lists"),
    )
    found: dict[str, list[Day]] = {}
    for row in gather(counted, _MAX_DAYS, "active days").sort_by("day").to_pylist():
        found.setdefault(row.pop("asked"), []).append(Day(**row))
    return found


def _fold(window: Window, settings: NightSettings) -> FoldSplit:
    first, end, horizon = _midnight(window.first), _midnight(window.end), settings.split.horizon_days
    return FoldSplit(first, end, mornings_of(first, end, horizon), horizon, window.n_answers, window.n_warm)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _reason(days: Sequence[Day], validation: Window | None, test: Window | None, settings: NightSettings) -> str:
    if validation is None:
        return f"{len(days)} active days are too few to hold one out; lists are led by popularity"
    said = [
        f"{name}: {(window.end - window.first).days} days from {window.first}, {window.n_warm:,} of {window.n_answers:,} "
        f"answers by users with a history, to {window.n_lists:,} lists"
        for name, window in (("validation", validation), ("test", test))
        if window
    ]
    if test is None:
        said.append("no day is left for test, so nothing is measured")
    elif not settings.split.window_days and not test.is_enough(settings.split):
        said.append(f"more would be more than {settings.split.max_share:.0%} of all answers")
    return "; ".join(said)


SPLITTER = Splitter(mornings, label_by_time)
