"""Numbers the items of a run, and adds these numbers to other frames."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import ITEM_ID, ITEM_INDEX


def catalog(items: DataFrame, events: DataFrame, cutoff: datetime, blocked: Collection[str] = ()) -> DataFrame:
    """The columns of catalog_v1: every item that is described (items_v1) or occurs in an event, numbered by item_id.

    An item is available where available_from <= cutoff < available_until (null: no bound) and its id is not blocked. One
    task numbers all items; a catalog is small enough for that, since every model holds it in memory.
    """
    ids = items.select(ITEM_ID).union(events.select(ITEM_ID)).distinct()
    number = F.row_number().over(Window.orderBy(ITEM_ID)) - 1
    return ids.join(items, ITEM_ID, "left").select(
        number.cast("int").alias(ITEM_INDEX),
        ITEM_ID,
        "title",
        _sorted_unique(F.col("categories")).alias("categories"),
        "price",
        (_is_within(cutoff) & ~F.col(ITEM_ID).isin(*blocked)).alias("is_available"),
    )


def with_item_index(frame: DataFrame, catalog: DataFrame) -> DataFrame:
    """The frame with the `item_index` of its `item_id`; `catalog` is catalog_v1.

    An item that is not in it fails the job: then an event arrived after the catalog was built.
    """
    known = F.broadcast(catalog.select(ITEM_ID, F.col(ITEM_INDEX).alias("known")))
    rule = F.concat(
        F.lit("catalog_v1: it must have every item of an event. Received: "), F.col(ITEM_ID),
        F.lit(". Run build_catalog for this run_date again."),
    )  # fmt: skip
    index = F.coalesce(F.col("known"), F.raise_error(rule).cast("int"))
    return frame.join(known, ITEM_ID, "left").withColumn(ITEM_INDEX, index).drop("known")


def _sorted_unique(names: Column) -> Column:
    """array<string>, without nulls and empty names; an empty array for null."""
    present = F.filter(names, lambda name: name.isNotNull() & (name != ""))
    return F.coalesce(F.array_sort(F.array_distinct(present)), F.array().cast("array<string>"))


def _is_within(cutoff: datetime) -> Column:
    now = F.lit(cutoff)
    return F.coalesce(F.col("available_from") <= now, F.lit(True)) & F.coalesce(now < F.col("available_until"), F.lit(True))
