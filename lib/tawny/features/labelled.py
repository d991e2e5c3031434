"""Events labelled by the night's split, and assigned to the folds and mornings that look back on them.

docs/design.md, Folds, says which fold learns from which label.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import (
    AS_OF_TS,
    EVENT_TS,
    EVENT_TYPE,
    FOLD,
    FOLDS,
    LABEL,
    LEARNS_FROM,
    ROW_KEY,
    USER_ID,
    Fold,
)
from tawny.core.config import EventSettings, NightSettings
from tawny.core.split import FoldSplit, NightSplit
from tawny.features.splits.base import splitter

MICROS_PER_DAY = 86_400_000_000

# An array without an element has no type of its own.
_COPIES = "array<struct<fold:string,as_of_ts:timestamp,looks:boolean>>"


def informative(events: DataFrame, settings: EventSettings) -> DataFrame:
    """The events of types that have a weight, are answers or count as seen: by default all but impressions."""
    return events.where(F.col(EVENT_TYPE).isin(*settings.informative_types))


def labelled(events: DataFrame, night: NightSettings, split: NightSplit) -> DataFrame:
    """The informative events with the column `label` of the night's split.

    Args:
        events: events_v2, all before the run's cutoff.
        night: its `events` say which types are informative.
        split: how they are labelled.
    """
    return splitter(split.kind).label(informative(events, night.events), split, night)


def learned_from(labelled: DataFrame, split: NightSplit) -> DataFrame:
    """Each event once per fold that learns from it: columns `fold` and `as_of_ts`, the fold's cutoff, instead of `label`.

    The copies are made where the event is read, so all folds together cost one scan and one write.
    """
    folds = F.array(
        *(_look_back(fold, split.folds[fold].cutoff_ts, F.col(LABEL).isin(*labels)) for fold, labels in LEARNS_FROM.items())
    )
    return _copied(labelled, F.filter(folds, lambda one: one["looks"]))


def asked_about(labelled: DataFrame, split: NightSplit) -> DataFrame:
    """Each event once per fold and morning whose list it may be an answer to: `fold` and `as_of_ts` instead of `label`."""
    folds: tuple[Fold, ...] = ("validation", "test")
    asked = F.concat(*(_asked(split.folds[fold], fold) for fold in folds))
    return _copied(labelled, F.filter(asked, lambda one: one["looks"]))


def before_mornings(labelled: DataFrame, rows: DataFrame, split: NightSplit) -> DataFrame:
    """The events before each morning, once per row: columns `fold` and `as_of_ts` instead of `label`.

    Args:
        labelled: as `labelled` makes them.
        rows: fold, user_id, as_of_ts.
        split: where no instant divides all users, a fold looks back on the labels that it learns from.
    """
    joined = labelled.join(rows.select(*ROW_KEY), USER_ID)
    if split.is_by_time:
        return joined.where(F.col(EVENT_TS) < F.col(AS_OF_TS)).drop(LABEL)
    learns = ((F.col(FOLD) == fold) & F.col(LABEL).isin(*labels) for fold, labels in LEARNS_FROM.items())
    return joined.where(reduce(Column.__or__, learns)).drop(LABEL)


def before_rows(labelled: DataFrame, rows: DataFrame, split: NightSplit) -> DataFrame:
    """The events before `as_of_ts` of each row, be it a fold's cutoff, which needs no join, or a morning.

    Args:
        labelled, split: as of `before_mornings`.
        rows: fold, user_id, as_of_ts; of a fold's cutoff there is a row for every user that the fold learns from.
    """
    cutoffs = ((F.col(FOLD) == fold) & (F.col(AS_OF_TS) == F.lit(split.folds[fold].cutoff_ts)) for fold in FOLDS)
    mornings = rows.where(~reduce(Column.__or__, cutoffs))
    return learned_from(labelled, split).unionByName(before_mornings(labelled, mornings, split))


def fold_cutoffs(events: DataFrame, split: NightSplit) -> DataFrame:
    """fold, cutoff_ts: one row per fold, the instant up to which the fold knows events, items and users.

    Args:
        events: of any kind, for their session.
        split: of the night.
    """
    cutoffs = [(fold, split.folds[fold].cutoff_ts) for fold in FOLDS]
    return events.sparkSession.createDataFrame(cutoffs, "fold string, cutoff_ts timestamp")


def age_days() -> Column:
    """double, days from the event to the instant as of which it is looked at; not below 0."""
    return (F.unix_micros(AS_OF_TS) - F.unix_micros(EVENT_TS)) / F.lit(MICROS_PER_DAY)


def by_fold(make: Callable[[Fold], DataFrame], folds: Iterable[Fold] = FOLDS) -> DataFrame:
    """The frames that `make` gives for each fold, in one frame with the column `fold`; they must have the same columns."""
    return reduce(DataFrame.unionByName, (make(fold).withColumn(FOLD, F.lit(fold)) for fold in folds))


def _copied(labelled: DataFrame, copies: Column) -> DataFrame:
    own = [column for column in labelled.columns if column != LABEL]
    return labelled.select(*own, F.inline(copies)).drop("looks")


def _look_back(fold: Fold, as_of_ts: datetime | Column, looks: Column) -> Column:
    """struct of _COPIES: the event as the fold sees it at that instant, if it looks."""
    return F.struct(F.lit(fold).alias(FOLD), F.lit(as_of_ts).alias(AS_OF_TS), looks.alias("looks"))


def _asked(split: FoldSplit, fold: Fold) -> Column:
    """array of one struct per morning of the fold."""
    ts, is_held_out = F.col(EVENT_TS), F.col(LABEL) == fold
    if split.horizon_days is None:
        return F.array(*(_look_back(fold, morning, is_held_out) for morning in split.mornings)).cast(_COPIES)
    horizon = timedelta(days=split.horizon_days)
    mornings = F.array(*(F.lit(morning) for morning in split.mornings)).cast("array<timestamp>")
    within = F.filter(mornings, lambda morning: (morning <= ts) & (ts < morning + F.lit(horizon)))
    return F.transform(within, lambda morning: _look_back(fold, morning, F.lit(True)))
