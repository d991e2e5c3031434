"""Evaluates lists that were published earlier on what their users have done since."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import AS_OF_TS
from tawny.core.config import EventSettings
from tawny.evaluation.spark import evaluate_lists, evaluation_rows
from tawny.evaluation.spec import EvaluationSpec


def evaluate_published(
    recommendations: DataFrame,
    events: DataFrame,
    catalog: DataFrame,
    spec: EvaluationSpec,
    settings: EventSettings,
    max_dates: int,
) -> list[dict[str, Any]]:
    """Rows of evaluations_v1: the latest `max_dates` earlier lists, each evaluated on what users took since its date.

    Args:
        recommendations: rows of earlier run_dates.
        events: before the run's date.
        catalog: of the run.
        spec: its popularity is that of the serve fold.
        settings: an event of a type with positive weight means that the user took the item.
    """
    types = [event_type for event_type, weight in settings.weights.items() if weight > 0]
    lists = published_lists(recommendations, catalog, max_dates).persist()
    rows = []
    for row in lists.select("list_date").distinct().sort("list_date").toLocalIterator():
        of_date = lists.where(F.col("list_date") == row["list_date"])
        as_of = F.lit(row["list_date"]).cast("timestamp").alias(AS_OF_TS)
        final = of_date.select(F.lit("final").alias("subject"), "user_id", as_of, "listed")
        answers = taken_since(events, catalog, row["list_date"], types).withColumn(AS_OF_TS, as_of)
        rows += evaluation_rows("published", row["list_date"], evaluate_lists(final, answers, spec))
    lists.unpersist()
    return rows


def published_lists(recommendations: DataFrame, catalog: DataFrame, max_dates: int) -> DataFrame:
    """list_date, user_id, listed: the lists of the latest `max_dates` earlier run_dates.

    Args:
        recommendations: rows of earlier run_dates.
        catalog: item_id, item_index of the run; items that are no longer in it are left out of the lists.
    """
    dates = recommendations.select("run_date").distinct().sort(F.desc("run_date")).limit(max_dates)
    rows = recommendations.join(F.broadcast(dates), "run_date").join(
        F.broadcast(catalog.select("item_id", "item_index")), "item_id"
    )
    ranked = rows.groupBy("run_date", "user_id").agg(
        F.array_sort(F.collect_list(F.struct("rank", "item_index"))).alias("ranked")
    )
    return ranked.select(F.col("run_date").alias("list_date"), "user_id", F.col("ranked.item_index").alias("listed"))


def taken_since(events: DataFrame, catalog: DataFrame, list_date: date, types: Iterable[str]) -> DataFrame:
    """user_id, answers, is_warm: items that users took for the first time on or after `list_date`.

    Args:
        events: before the run's date.
        catalog: item_id, item_index.
        types: event types of positive weight.
    """
    taken = events.where(F.col("event_type").isin(*types))
    first = taken.groupBy("user_id", "item_id").agg(F.min("event_ts").alias("first_ts"))
    day = F.lit(list_date.isoformat()).cast("timestamp")
    known = first.join(F.broadcast(catalog.select("item_id", "item_index")), "item_id")
    by_user = known.groupBy("user_id").agg(
        F.array_sort(F.collect_list(F.when(F.col("first_ts") >= day, F.col("item_index")))).alias("answers"),
        F.bool_or(F.col("first_ts") < day).alias("is_warm"),
    )
    return by_user.where("cardinality(answers) > 0")
