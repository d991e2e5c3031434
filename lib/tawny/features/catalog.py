"""Numbers the items of a run, and adds these numbers to other frames."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, ITEM_ID, ITEM_INDEX
from tawny.features.as_of import is_known, newest


def catalog(items: DataFrame, events: DataFrame, cutoff: datetime, blocked: Collection[str] = ()) -> DataFrame:
    """The columns of catalog_v2: every item that is described or occurs in an event, numbered by item_id.

    One task numbers all items; a catalog is small enough for that, since every model holds it in memory.

    Args:
        items: items_v2; of each item's descriptions the newest that is known at `cutoff` counts.
        events: events_v2 before `cutoff`.
        cutoff: run_date 00:00 UTC.
        blocked: item ids that no fold may list.
    """
    described = items.where(is_known(F.lit(cutoff))).transform(newest, ITEM_ID)
    seen = events.groupBy(ITEM_ID).agg(F.min(EVENT_TS).alias("first_event_ts"))
    number = F.row_number().over(Window.orderBy(ITEM_ID)) - 1
    return described.join(seen, ITEM_ID, "full_outer").select(
        number.cast("int").alias(ITEM_INDEX),
        ITEM_ID,
        "title",
        sorted_unique(F.col("categories")).alias("categories"),
        "price",
        "first_event_ts",
        F.col(ITEM_ID).isin(*blocked).alias("is_blocked"),
    )


def with_item_index(frame: DataFrame, catalog: DataFrame) -> DataFrame:
    """The frame with the `item_index` of its `item_id`; `catalog` is catalog_v2.

    An item that is not in it fails the job: then an event arrived after the catalog was built.
    """
    known = F.broadcast(catalog.select(ITEM_ID, F.col(ITEM_INDEX).alias("known")))
    rule = F.concat(
        F.lit("catalog_v2: it must have every item of an event. Received: "), F.col(ITEM_ID),
        F.lit(". Run build_catalog for this run_date again."),
    )  # fmt: skip
    index = F.coalesce(F.col("known"), F.raise_error(rule).cast("int"))
    return frame.join(known, ITEM_ID, "left").withColumn(ITEM_INDEX, index).drop("known")


def sorted_unique(names: Column) -> Column:
    """array<string>, without nulls and empty names; an empty array for null."""
    present = F.filter(names, lambda name: name.isNotNull() & (name != ""))
    return F.coalesce(F.array_sort(F.array_distinct(present)), F.array().cast("array<string>"))
