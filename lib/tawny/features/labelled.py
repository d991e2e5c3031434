"""Events labelled by the night's split, and assigned to the folds that learn from them or are evaluated on them.

docs/design.md, Folds, says which fold learns from which label.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import CUTOFF_TS, CUTOFFS, EVENT_TS, EVENT_TYPE, FOLD, FOLDS, LABEL, LEARNS_FROM, Fold
from tawny.core.config import EventSettings, NightSettings
from tawny.features.splits.base import split_cutoffs, with_split

MICROS_PER_DAY = 86_400_000_000


def labelled(events: DataFrame, night: NightSettings, cutoff: datetime) -> DataFrame:
    """The informative events with the columns `label` and `cutoffs` of the night's split.

    Args:
        events: events_v2, all before `cutoff`.
        night: its `events` say which types are informative, its `split` how they are labelled.
        cutoff: run_date 00:00 UTC.

    Raises:
        ConfigError: there is no such split.
    """
    return with_split(informative(events, night.events), night.split, cutoff)


def fold_cutoffs(events: DataFrame, night: NightSettings, cutoff: datetime) -> DataFrame:
    """fold, cutoff_ts: one row per fold, the instant up to which the fold knows events, items and users.

    Args:
        events, night, cutoff: as `labelled`.

    Raises:
        ConfigError: there is no such split.
    """
    instants = split_cutoffs(informative(events, night.events), night.split, cutoff)
    folds = F.array(*(F.struct(F.lit(fold).alias(FOLD), F.col(f"{CUTOFFS}.{fold}").alias(CUTOFF_TS)) for fold in FOLDS))
    return instants.select(F.inline(folds))


def informative(events: DataFrame, settings: EventSettings) -> DataFrame:
    """The events of types that have a weight or count as seen: by default all but impressions."""
    types = [name for name, weight in settings.weights.items() if weight != 0 or name in settings.seen_types]
    return events.where(F.col(EVENT_TYPE).isin(*types))


def learned_from(labelled: DataFrame) -> DataFrame:
    """Each event once per fold that learns from it: columns `fold` and `cutoff_ts` instead of `label` and `cutoffs`.

    The copies are made where the event is read, so all folds together cost one scan and one write.
    """
    folds = F.array(
        *(
            F.struct(
                F.lit(fold).alias(FOLD),
                F.col(f"{CUTOFFS}.{fold}").alias(CUTOFF_TS),
                F.col(LABEL).isin(*labels).alias("learns"),
            )
            for fold, labels in LEARNS_FROM.items()
        )
    )
    own = [column for column in labelled.columns if column not in (LABEL, CUTOFFS)]
    return labelled.select(*own, F.inline(F.filter(folds, lambda fold: fold["learns"]))).drop("learns")


def evaluated_on(labelled: DataFrame) -> DataFrame:
    """The events of the evaluation windows of `validation` and `test`: column `fold` instead of `label` and `cutoffs`."""
    return labelled.where(F.col(LABEL) != "fit").withColumnRenamed(LABEL, FOLD).drop(CUTOFFS)


def age_days() -> Column:
    """double, days from the event to the fold's cutoff; above 0."""
    return (F.unix_micros(CUTOFF_TS) - F.unix_micros(EVENT_TS)) / F.lit(MICROS_PER_DAY)


def by_fold(make: Callable[[Fold], DataFrame], folds: Iterable[Fold] = FOLDS) -> DataFrame:
    """The frames that `make` gives for each fold, in one frame with the column `fold`; they must have the same columns."""
    return reduce(DataFrame.unionByName, (make(fold).withColumn(FOLD, F.lit(fold)) for fold in folds))
