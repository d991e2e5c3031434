"""What a fold knows of each item: whether it may be listed, its categories, and how often it was taken."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import CUTOFF_TS, FOLD, ITEM_ID, ITEM_INDEX, KNOWN_FROM
from tawny.core.config import EventSettings
from tawny.features.as_of import as_of
from tawny.features.catalog import sorted_unique
from tawny.features.labelled import MICROS_PER_DAY, age_days
from tawny.features.weights import event_weight

WINDOW_DAYS = (7, 30, 90)


def item_features(
    events: DataFrame, items: DataFrame, catalog: DataFrame, cutoffs: DataFrame, settings: EventSettings
) -> DataFrame:
    """One row per fold and item of the catalog: the columns of item_features_v2, as of the fold's cutoff.

    An item that became known after the cutoff has zeros, no categories, and may not be listed.

    Args:
        events: what the folds learn from (labelled.learned_from).
        items: items_v2.
        catalog: catalog_v2, for the number, the first event and whether the item is blocked.
        cutoffs: fold, cutoff_ts (labelled.fold_cutoffs).
        settings: weights by event type. Only events of positive weight are counted: what users refused is not popular.
    """
    wanted = events.where(event_weight(settings) > 0)
    counts = {"n_events": F.count("*"), **{f"n_events_{days}d": F.count_if(age_days() <= days) for days in WINDOW_DAYS}}
    counted = wanted.groupBy(FOLD, ITEM_ID).agg(*(count.cast("int").alias(name) for name, count in counts.items()))
    described = items.select(ITEM_ID, KNOWN_FROM, "categories", "price", "available_from", "available_until")
    known = as_of(described, cutoffs, ITEM_ID).withColumn("is_described", F.lit(True))
    numbered = catalog.select(ITEM_INDEX, ITEM_ID, "first_event_ts", "is_blocked").crossJoin(F.broadcast(cutoffs))
    joined = numbered.join(known, [FOLD, ITEM_ID], "left").join(counted, [FOLD, ITEM_ID], "left")
    return joined.select(
        FOLD,
        ITEM_INDEX,
        (_is_known() & _is_available() & ~F.col("is_blocked")).alias("is_listable"),
        sorted_unique(F.col("categories")).alias("categories"),
        F.when(_is_seen(), _days_since("first_event_ts")).cast("float").alias("age_days"),
        "price",
        *(F.coalesce(F.col(name), F.lit(0)).alias(name) for name in counts),
    )


def _is_known() -> Column:
    """boolean, described, or seen in an event of any type, before the cutoff."""
    return F.coalesce("is_described", F.lit(False)) | _is_seen()


def _is_seen() -> Column:
    """boolean, in an event of any type before the cutoff."""
    return F.coalesce(F.col("first_event_ts") < F.col(CUTOFF_TS), F.lit(False))


def _days_since(instant: str) -> Column:
    return (F.unix_micros(CUTOFF_TS) - F.unix_micros(instant)) / F.lit(MICROS_PER_DAY)


def _is_available() -> Column:
    """boolean, available_from <= cutoff < available_until, as the description of that time has them; null: no bound."""
    now = F.col(CUTOFF_TS)
    return F.coalesce(F.col("available_from") <= now, F.lit(True)) & F.coalesce(now < F.col("available_until"), F.lit(True))
