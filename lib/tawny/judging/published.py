"""Lists that were published earlier, and what their users have done since."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def published_lists(recommendations: DataFrame, catalog: DataFrame, most_dates: int) -> DataFrame:
    """subject (the list's run_date), user_id, listed: the lists of the latest `most_dates` earlier run_dates.

    Args:
        recommendations: rows of earlier run_dates.
        catalog: item_id, item_index of the judging run; items that left it are left out of the lists.
    """
    dates = recommendations.select("run_date").distinct().sort(F.desc("run_date")).limit(most_dates)
    rows = recommendations.join(F.broadcast(dates), "run_date").join(
        F.broadcast(catalog.select("item_id", "item_index")), "item_id"
    )
    ranked = rows.groupBy("run_date", "user_id").agg(
        F.array_sort(F.collect_list(F.struct("rank", "item_index"))).alias("ranked")
    )
    subject = F.col("run_date").cast("string").alias("subject")
    return ranked.select(subject, "user_id", F.col("ranked.item_index").alias("listed"))


def taken_since(events: DataFrame, catalog: DataFrame, list_date: date, types: tuple[str, ...]) -> DataFrame:
    """user_id, answers, is_warm: items that users took for the first time on or after `list_date`.

    Args:
        events: before the judging run's date.
        catalog: item_id, item_index.
        types: event types that mean a positive relation.
    """
    first = (
        events.where(F.col("event_type").isin(*types)).groupBy("user_id", "item_id").agg(F.min("event_ts").alias("first_ts"))
    )
    day = F.lit(list_date.isoformat()).cast("timestamp")
    known = first.join(F.broadcast(catalog.select("item_id", "item_index")), "item_id")
    by_user = known.groupBy("user_id").agg(
        F.array_sort(F.collect_list(F.when(F.col("first_ts") >= day, F.col("item_index")))).alias("answers"),
        F.bool_or(F.col("first_ts") < day).alias("is_warm"),
    )
    return by_user.where("cardinality(answers) > 0")
