"""Cleaning items and users: of several rows that describe the same id, the last one counts."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import ITEM_ID, REASON, SOURCE_FILE, SOURCE_LINE, USER_ID
from tawny.ingest.rules import (
    Reason,
    Rule,
    describe,
    instant,
    missing,
    number,
    place,
    refuse_also,
    text,
    tidy_map,
    too_late,
    too_long,
    trimmed,
    unreadable,
    with_reason,
)
from tawny.ingest.settings import IngestItemsSettings, IngestUsersSettings

_TIMES = ("available_from", "available_until")


def check_items(raw: DataFrame, settings: IngestItemsSettings, _run_date: date) -> DataFrame:
    """The raw rows (tawny.ingest.files.schema) with the columns of items_v1, `reason` and `detail`.

    `reason` is null where the row is accepted. Of the rows of one item the last by file and line is accepted.
    """
    return with_reason(_typed_items(raw), _item_rules(settings)).transform(_refuse_superseded, ITEM_ID)


def check_users(raw: DataFrame, settings: IngestUsersSettings, _run_date: date) -> DataFrame:
    """The raw rows (tawny.ingest.files.schema) with the columns of users_v1, `reason` and `detail`.

    `reason` is null where the row is accepted. Of the rows of one user the last by file and line is accepted.
    """
    typed = raw.withColumns({USER_ID: text(USER_ID), "attributes": tidy_map("attributes")})
    checked = with_reason(typed, [*missing(USER_ID), *too_long(settings.max_id_length, USER_ID)])
    return checked.transform(_refuse_superseded, USER_ID)


def _typed_items(raw: DataFrame) -> DataFrame:
    texts = {f"{name}_text": text(name) for name in ("price", *_TIMES)}
    plain = {name: text(name) for name in (ITEM_ID, "title", "description", "image_path")}
    names = F.filter(F.transform("categories", lambda name: trimmed(name)), lambda name: name != "")
    unique = F.array_distinct(names)
    parsed = {name: instant(F.col(f"{name}_text"), F.col("time_unit")) for name in _TIMES}
    typed = raw.withColumns({**texts, **plain, "categories": F.when(F.cardinality(unique) > 0, unique)})
    return typed.withColumns({**parsed, "price": number(F.col("price_text")) + F.lit(0.0)})


def _item_rules(settings: IngestItemsSettings) -> list[Rule]:
    period = F.concat(describe("available_from"), F.lit(" "), describe("available_until"))
    return [
        *missing(ITEM_ID),
        *too_long(settings.max_id_length, ITEM_ID),
        *[unreadable(name, f"{name}_text") for name in ("price", *_TIMES)],
        Rule(Reason.OUT_OF_RANGE, ~F.col("price").between(0.0, settings.max_price), describe("price")),
        *[too_late(name) for name in _TIMES],
        Rule(Reason.OUT_OF_RANGE, F.col("available_from") >= F.col("available_until"), period),
    ]


def _refuse_superseded(checked: DataFrame, key: str) -> DataFrame:
    """Of the accepted rows with the same key, all but the last by file name and line are refused."""
    accepted_key: Column = F.when(F.col(REASON).isNull(), F.col(key))
    # A refused row has a partition of its own.
    same = Window.partitionBy(F.coalesce(accepted_key, F.lit("")), F.when(accepted_key.isNull(), place()))
    last_first = same.orderBy(F.desc(SOURCE_FILE), F.desc(SOURCE_LINE))
    numbered = checked.withColumns({"age": F.row_number().over(last_first), "last": F.first(place()).over(last_first)})
    detail = F.concat(F.lit("described again at "), F.col("last"))
    return refuse_also(numbered, Rule(Reason.SUPERSEDED, F.col("age") > 1, detail)).drop("age", "last")
