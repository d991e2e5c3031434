"""Lists in long form: one row per user and rank, with ids instead of indices."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def long_form(lists: DataFrame, catalog: DataFrame) -> DataFrame:
    """The rows of recommendations_v2 without run_date.

    Args:
        lists: user_id, items, details, model_version (rankings_v2).
        catalog: item_index, item_id.
    """
    ids = F.broadcast(catalog.select("item_index", "item_id"))
    rows = lists.select("user_id", "model_version", "details", F.posexplode("items").alias("position", "listed"))
    rows = rows.select(
        "user_id", (F.col("position") + 1).alias("rank"), F.col("listed.item_index").alias("item_index"),
        F.col("listed.score").alias("score"), F.col("listed.sources").alias("sources"),
        F.col("listed.reasons").alias("why"), F.get("details", "position").alias("details"), "model_version",
    )  # fmt: skip
    return rows.join(ids, "item_index").join(_reasons(rows, ids), ["user_id", "rank"], "left").select(
        "user_id", "rank", "item_id", "score", "sources",
        F.coalesce("reasons", F.array().cast("array<struct<source:string,item_id:string,share:float>>")).alias("reasons"),
        "model_version", "details",
    )  # fmt: skip


def _reasons(rows: DataFrame, ids: DataFrame) -> DataFrame:
    """user_id, rank, reasons: with item_id instead of item_index, in the same order."""
    each = rows.select("user_id", "rank", F.posexplode("why").alias("position", "reason"))
    past = ids.withColumnRenamed("item_index", "past_index")
    named = each.withColumn("past_index", F.col("reason.item_index")).join(past, "past_index", "left")
    one = F.struct("position", F.col("reason.source").alias("source"), "item_id", F.col("reason.share").alias("share"))
    grouped = named.groupBy("user_id", "rank").agg(F.array_sort(F.collect_list(one)).alias("named"))
    return grouped.selectExpr(
        "user_id",
        "rank",
        "transform(named, r -> struct(r.source AS source, r.item_id AS item_id, r.share AS share)) AS reasons",
    )
