"""Evaluates lists that were published earlier on what their users did next, each over as many days."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import AS_OF_TS, USER_ID
from tawny.evaluation.gate import FINAL
from tawny.evaluation.spark import evaluate_lists, evaluation_rows
from tawny.evaluation.spec import EvaluationSpec


def evaluate_published(
    recommendations: DataFrame,
    events: DataFrame,
    catalog: DataFrame,
    spec: EvaluationSpec,
    types: Collection[str],
    run_date: date,
    *,
    max_dates: int,
    horizon_days: int,
) -> list[dict[str, Any]]:
    """Rows of evaluations_v2: earlier lists, each evaluated on what users took in the `horizon_days` from its date.

    Every list has the same time to be right, so lists of different dates compare.

    Args:
        recommendations: rows of earlier run_dates.
        events: before run_date.
        catalog: of the run.
        spec: its popularity is that of the serve fold.
        types: event types of the answers.
        run_date: the lists whose days had passed before it are evaluated.
        max_dates: of them, so many of the latest dates.
        horizon_days: from each list's date.
    """
    horizon = timedelta(days=horizon_days)
    passed = recommendations.where(F.col("run_date") <= F.lit(run_date - horizon))
    lists = published_lists(passed, catalog, max_dates).persist()
    rows = []
    for row in lists.select("list_date").distinct().sort("list_date").toLocalIterator():
        day = row["list_date"]
        as_of = F.lit(day).cast("timestamp").alias(AS_OF_TS)
        final = lists.where(F.col("list_date") == day).select(F.lit(FINAL).alias("subject"), USER_ID, as_of, "listed")
        answers = taken_within(events, catalog, day, day + horizon, types).withColumn(AS_OF_TS, as_of)
        rows += evaluation_rows("published", day, evaluate_lists(final, answers, spec))
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


def taken_within(events: DataFrame, catalog: DataFrame, start: date, end: date, types: Collection[str]) -> DataFrame:
    """user_id, answers, values (null), history_length: items first taken in [start, end), and how many before.

    Args:
        events: before the run's date.
        catalog: item_id, item_index.
        start, end: days, from 00:00 UTC.
        types: event types of the answers.
    """
    taken = events.where(F.col("event_type").isin(*types))
    first = taken.groupBy(USER_ID, "item_id").agg(F.min("event_ts").alias("first_ts"))
    starts, ends = (F.lit(day.isoformat()).cast("timestamp") for day in (start, end))
    known = first.join(F.broadcast(catalog.select("item_id", "item_index")), "item_id")
    is_inside = (F.col("first_ts") >= starts) & (F.col("first_ts") < ends)
    by_user = known.groupBy(USER_ID).agg(
        F.array_sort(F.collect_list(F.when(is_inside, F.col("item_index")))).alias("answers"),
        F.lit(None).cast("array<float>").alias("values"),
        F.count_if(F.col("first_ts") < starts).cast("int").alias("history_length"),
    )
    return by_user.where("cardinality(answers) > 0")
