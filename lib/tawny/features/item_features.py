"""How an item does, in numbers."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TYPE, FOLD, FOLDS, ITEM_ID, ITEM_INDEX, USER_ID, VALUE
from tawny.features.folds import age_days
from tawny.features.rules import in_steps

COUNTS = ("n_events", "n_users", "n_events_7d", "n_events_30d", "n_events_90d")
N_BUCKETS = 10


def item_features(events: DataFrame, catalog: DataFrame, shrinkage_ratings: float) -> DataFrame:
    """One row per fold and item of the catalogue: the columns of item_features_v1.

    mean_rating is (sum + m * global mean) / (count + m), m = `shrinkage_ratings`: an item without ratings has the global
    mean, a fold without ratings has null.

    Args:
        events: what the folds learn from (folds.learned_from).
        catalog: catalog_v1.
        shrinkage_ratings: how many ratings the global mean counts as.
    """
    described = catalog.select(
        F.explode(F.array(*map(F.lit, FOLDS))).alias(FOLD),
        ITEM_INDEX,
        ITEM_ID,
        F.get("categories", F.lit(0)).alias("category"),
        _price_bucket().alias("price_bucket"),
    )
    joined = described.join(_event_counts(events), [FOLD, ITEM_ID], "left")
    filled = joined.withColumns({name: F.coalesce(F.col(name), F.lit(0)) for name in COUNTS})
    derived = {"trend": _trend(), "mean_rating": _shrunk_mean(shrinkage_ratings)}
    return filled.withColumns(derived).drop("n_ratings", "sum_ratings")


def _event_counts(events: DataFrame) -> DataFrame:
    age = F.col("age")
    rating = F.when(F.col(EVENT_TYPE) == "rating", in_steps(F.col(VALUE)))
    return events.withColumn("age", age_days()).groupBy(FOLD, ITEM_ID).agg(
        F.count("*").cast("int").alias("n_events"),
        F.countDistinct(USER_ID).cast("int").alias("n_users"),
        *(F.count_if(age <= days).cast("int").alias(f"n_events_{days}d") for days in (7, 30, 90)),
        F.max(age).cast("float").alias("age_days"),
        F.count(rating).alias("n_ratings"),
        F.sum(rating).alias("sum_ratings"),
    )  # fmt: skip


def _trend() -> Column:
    """log(daily rate of the last 7 days / of the last 30), one event a week added to both: 0 without events."""
    week = (F.col("n_events_7d") + 1) / 7
    month = (F.col("n_events_30d") + 30 / 7) / 30
    return F.log(week / month).cast("float")


def _shrunk_mean(shrinkage: float) -> Column:
    everything = Window.partitionBy(FOLD)
    mean = F.sum("sum_ratings").over(everything) / F.nullif(F.sum("n_ratings").over(everything), F.lit(0))
    total, count = F.coalesce("sum_ratings", F.lit(0.0)), F.coalesce("n_ratings", F.lit(0))
    return ((total + shrinkage * mean) / (count + shrinkage)).cast("float")


def _price_bucket() -> Column:
    """Decile of the price among the priced items, 0 .. 9; equal prices share a bucket."""
    is_priced = F.col("price").isNotNull()
    n_cheaper = F.rank().over(Window.partitionBy(is_priced).orderBy("price")) - 1
    n_priced = F.count("*").over(Window.partitionBy(is_priced))
    return F.when(is_priced, F.floor(N_BUCKETS * n_cheaper / n_priced).cast("int"))
