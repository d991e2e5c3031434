"""The items of a run, numbered; and the number put beside an item id."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import ITEM_ID, ITEM_INDEX


def catalog(items: DataFrame, events: DataFrame, cutoff: datetime, blocked: Collection[str] = ()) -> DataFrame:
    """Every item that is described (items_v1) or occurs in an event: item_index, item_id, title, categories, price,
    is_available.

    An item is available where available_from <= cutoff < available_until (null: no bound) and its id is not blocked. The
    numbering passes through one task: a catalogue is of a size that every model holds in memory.
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


def with_item_index(frame: DataFrame, numbers: DataFrame) -> DataFrame:
    """The frame with the `item_index` of its `item_id`; `numbers` is catalog_v1 (item_id, item_index).

    An item that is not in it fails the job: an event arrived after the catalogue was numbered.
    """
    known = F.broadcast(numbers.select(ITEM_ID, F.col(ITEM_INDEX).alias("known")))
    rule = F.concat(
        F.lit("catalog_v1: every item of an event must be numbered. Received: "), F.col(ITEM_ID),
        F.lit(". Run build_catalog for this run_date again."),
    )  # fmt: skip
    index = F.coalesce(F.col("known"), F.raise_error(rule).cast("int"))
    return frame.join(known, ITEM_ID, "left").withColumn(ITEM_INDEX, index).drop("known")


def _sorted_unique(names: Column) -> Column:
    """Without nulls and empty names; an empty array for null."""
    present = F.filter(names, lambda name: name.isNotNull() & (name != ""))
    return F.coalesce(F.array_sort(F.array_distinct(present)), F.array().cast("array<string>"))


def _is_within(cutoff: datetime) -> Column:
    now = F.lit(cutoff)
    return F.coalesce(F.col("available_from") <= now, F.lit(True)) & F.coalesce(now < F.col("available_until"), F.lit(True))
