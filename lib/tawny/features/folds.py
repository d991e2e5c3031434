"""Labelled events, once for every fold that learns from them or is judged on them (docs/design.md, Folds)."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import CUTOFF_TS, CUTOFFS, EVENT_TS, FOLD, LEARNS_FROM, SPLIT

MICROS_PER_DAY = 86_400_000_000


def learned_from(labelled: DataFrame) -> DataFrame:
    """Each event once per fold that learns from it: columns `fold` and `cutoff_ts` instead of `split` and `cutoffs`.

    The copies are made where the event was read, so that all folds cost one scan and one write.
    """
    folds = F.array(
        *(
            F.struct(
                F.lit(fold).alias(FOLD),
                F.col(f"{CUTOFFS}.{fold}").alias(CUTOFF_TS),
                F.col(SPLIT).isin(*labels).alias("learns"),
            )
            for fold, labels in LEARNS_FROM.items()
        )
    )
    own = [column for column in labelled.columns if column not in (SPLIT, CUTOFFS)]
    return labelled.select(*own, F.inline(F.filter(folds, lambda fold: fold["learns"]))).drop("learns")


def judged_on(labelled: DataFrame) -> DataFrame:
    """The events of the windows that judge `validation` and `test`: column `fold` instead of `split` and `cutoffs`."""
    return labelled.where(F.col(SPLIT) != "fit").withColumnRenamed(SPLIT, FOLD).drop(CUTOFFS)


def age_days() -> Column:
    """double, days from the event to the fold's cutoff; above 0."""
    return (F.unix_micros(CUTOFF_TS) - F.unix_micros(EVENT_TS)) / F.lit(MICROS_PER_DAY)
