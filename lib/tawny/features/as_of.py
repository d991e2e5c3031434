"""What was known at each fold's cutoff: descriptions bear the day from which they were known, events their own time.

A day means its first instant: a description of `known_from` D is known to a run for D, and to a fold whose cutoff is D 00:00
UTC or later. An event is known after it happened: before the cutoff.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import CUTOFF_TS, FOLD, KNOWN_FROM


def is_known(cutoff: Column) -> Column:
    """boolean, the description was known at the instant `cutoff`."""
    return F.col(KNOWN_FROM).cast("timestamp") <= cutoff


def newest(descriptions: DataFrame, *key: str) -> DataFrame:
    """One row per key: the description with the greatest `known_from`; columns as before, without `known_from`.

    A description replaces the one before it as a whole, so what it leaves out is unknown again.
    """
    last_first = Window.partitionBy(*key).orderBy(F.desc(KNOWN_FROM))
    return descriptions.withColumn("place", F.row_number().over(last_first)).where("place = 1").drop("place", KNOWN_FROM)


def as_of(descriptions: DataFrame, cutoffs: DataFrame, key: str) -> DataFrame:
    """One row per fold and key: the description that was known at the fold's cutoff; none where there was none yet.

    Args:
        descriptions: items_v2 or users_v2; unique by key and known_from.
        cutoffs: fold, cutoff_ts (labelled.fold_cutoffs).
        key: item_id or user_id.

    Returns:
        `fold` and the columns of the descriptions without `known_from`.
    """
    known = descriptions.join(F.broadcast(cutoffs), is_known(F.col(CUTOFF_TS)))
    return known.drop(CUTOFF_TS).transform(newest, FOLD, key)
