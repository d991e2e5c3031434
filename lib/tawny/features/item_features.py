"""How often, and how recently, an item was taken."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import FOLD, FOLDS, ITEM_ID, ITEM_INDEX
from tawny.features.labelled import age_days

WINDOW_DAYS = (7, 30, 90)


def item_features(events: DataFrame, catalog: DataFrame) -> DataFrame:
    """One row per fold and item of the catalog: the columns of item_features_v2; an item without events has zeros.

    Args:
        events: what the folds learn from (labelled.learned_from).
        catalog: catalog_v1.
    """
    counts = {"n_events": F.count("*"), **{f"n_events_{days}d": F.count_if(age_days() <= days) for days in WINDOW_DAYS}}
    counted = events.groupBy(FOLD, ITEM_ID).agg(*(count.cast("int").alias(name) for name, count in counts.items()))
    items = catalog.select(F.explode(F.array(*map(F.lit, FOLDS))).alias(FOLD), ITEM_INDEX, ITEM_ID)
    filled = [F.coalesce(F.col(name), F.lit(0)).alias(name) for name in counts]
    return items.join(counted, [FOLD, ITEM_ID], "left").select(FOLD, ITEM_INDEX, *filled)
