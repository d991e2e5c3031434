"""Who a user is, in numbers."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, EVENT_TYPE, EVENT_TYPES, FOLD, ITEM_INDEX, USER_ID, VALUE, WEIGHT
from tawny.features.folds import age_days
from tawny.features.rules import in_steps

USER = [FOLD, USER_ID]
HOURS = 24


def user_features(people: DataFrame, counts: DataFrame, shares: DataFrame) -> DataFrame:
    """The columns of user_features_v1 but the vectors, one row per row of `people`; zeros and nulls without events.

    Args:
        people: fold, user_id.
        counts: as `event_counts` makes them.
        shares: as `category_shares` makes them.
    """
    joined = people.join(counts, USER, "left").join(shares, USER, "left")
    no_hours = F.array_repeat(F.lit(0.0).cast("float"), HOURS)
    empty = {
        **{name: F.lit(0) for name in ("n_events", "n_events_7d", "n_events_30d")},
        "n_by_type": F.create_map().cast("map<string,int>"),
        "category_shares": F.create_map().cast("map<string,float>"),
        "hour_shares": no_hours,
    }
    return joined.withColumns({name: F.coalesce(F.col(name), value) for name, value in empty.items()})


def event_counts(events: DataFrame) -> DataFrame:
    """fold, user_id and what can be counted from events that the folds learn from (folds.learned_from)."""
    age, hour = F.col("age"), F.hour(EVENT_TS)
    rating = F.when(F.col(EVENT_TYPE) == "rating", in_steps(F.col(VALUE)))
    n_by_type = [F.count_if(F.col(EVENT_TYPE) == kind).cast("int") for kind in EVENT_TYPES]
    by_type = F.map_from_arrays(F.array(*map(F.lit, EVENT_TYPES)), F.array(*n_by_type))
    by_hour = F.array(*(F.count_if(hour == h) / F.count("*") for h in range(HOURS)))
    return events.withColumn("age", age_days()).groupBy(*USER).agg(
        F.count("*").cast("int").alias("n_events"),
        F.count_if(age <= 7).cast("int").alias("n_events_7d"),
        F.count_if(age <= 30).cast("int").alias("n_events_30d"),
        F.map_filter(by_type, lambda _, n: n > 0).alias("n_by_type"),
        F.min(age).cast("float").alias("recency_days"),
        F.max(age).cast("float").alias("tenure_days"),
        by_hour.cast("array<float>").alias("hour_shares"),
        F.avg(rating).cast("float").alias("mean_value"),
    )  # fmt: skip


def category_shares(interactions: DataFrame, catalog: DataFrame) -> DataFrame:
    """fold, user_id, category_shares map<string,float> of the users with a positive relation to an item of a known category.

    An item's weight is divided evenly among its categories. Keys are in ascending order.

    Args:
        interactions: interactions_v1.
        catalog: catalog_v1, item_index and categories.
    """
    parts = catalog.select(ITEM_INDEX, F.size("categories").alias("n"), F.explode("categories").alias("category"))
    weighed = (
        interactions.where(F.col(WEIGHT) > 0)
        .join(F.broadcast(parts), ITEM_INDEX)
        .groupBy(*USER, "category")
        .agg(F.sum(in_steps(F.col(WEIGHT).cast("double") / F.col("n"))).alias("part"))
    )
    entries = F.array_sort(F.collect_list(F.struct("category", "part")))
    users = weighed.groupBy(*USER).agg(F.map_from_entries(entries).alias("parts"), F.sum("part").alias("whole"))
    return users.select(*USER, _shares().cast("map<string,float>").alias("category_shares"))


def _shares() -> Column:
    return F.transform_values("parts", lambda _, part: part / F.col("whole"))
