"""Cleaning items and users: each description by itself, then together with what is known of the same id."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import DETAIL, ITEM_ID, KNOWN_FROM, REASON, SOURCE_DIGEST, SOURCE_FILE, SOURCE_LINE, USER_ID
from tawny.core.table import TableSpec
from tawny.ingest.files.schema import DELIVERY, FILE_KNOWN_FROM
from tawny.ingest.landing import Landed
from tawny.ingest.reasons import Reason
from tawny.ingest.rules import (
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
from tawny.ingest.snapshots import GONE, Point, digests_of, points_of, with_gone
from tawny.tables.items import ITEMS
from tawny.tables.users import USERS

_TIMES = ("available_from", "available_until")


def check_items(raw: DataFrame, settings: IngestItemsSettings) -> DataFrame:
    """Each raw row (tawny.ingest.files.schema) by itself, with the columns of items_v2, `reason` and `detail`."""
    return with_reason(_known_from(_typed_items(raw)), [*_item_rules(settings), _readable_date()])


def check_users(raw: DataFrame, settings: IngestUsersSettings) -> DataFrame:
    """Each raw row (tawny.ingest.files.schema) by itself, with the columns of users_v2, `reason` and `detail`."""
    typed = _known_from(raw.withColumns({USER_ID: text(USER_ID), "attributes": tidy_map("attributes")}))
    return with_reason(typed, [*missing(USER_ID), *too_long(settings.max_id_length, USER_ID), _readable_date()])


def judge_items(new: DataFrame, landed: Landed, _settings: IngestItemsSettings) -> DataFrame:
    """The checked rows together with what is stored of the same items (see `_judge`)."""
    day = F.col(KNOWN_FROM).cast("timestamp")
    return _judge(new, landed, ITEMS, {"available_until": F.least(F.col("available_until"), day)})


def judge_users(new: DataFrame, landed: Landed, _settings: IngestUsersSettings) -> DataFrame:
    """The checked rows together with what is stored of the same users (see `_judge`)."""
    return _judge(new, landed, USERS, {"attributes": F.lit(None).cast(USERS.columns["attributes"].type)})


def _judge(new: DataFrame, landed: Landed, table: TableSpec, ends: dict[str, Column]) -> DataFrame:
    """Of the descriptions of an id that are known from the same day, all but the last delivered are refused.

    One that says what was known already is accepted, and not needed. What is not in a snapshot any more gets a description
    that says so (tawny.ingest.snapshots), by `ends`.

    Returns:
        The new rows, the stored ones of the same ids and those of what is gone, with `was` (`new`, `stored`, `gone`) and
        `is_needed`: whether the row has to be written.
    """
    key, points = table.key[0], points_of(landed.plan)
    rows = new.withColumn("was", F.lit("new"))
    if landed.store is not None and not landed.store.is_empty(table):
        rows = rows.unionByName(_stored(new, landed, table, points), allowMissingColumns=True)
    if points:
        rows = with_gone(rows, points, landed.plan, table, ends)
    latest = rows.transform(_refuse_superseded, key).where((F.col("was") == "new") | F.col(REASON).isNull())
    # A refused row has a partition of its own.
    is_accepted = F.col(REASON).isNull()
    known = Window.partitionBy(F.when(is_accepted, F.col(key)), F.when(~is_accepted, place())).orderBy(KNOWN_FROM)
    says = F.struct(*(_comparable(name, column.type) for name, column in table.columns.items() if _is_said(table, name)))
    is_repeated = F.row_number().over(known).__gt__(1) & says.eqNullSafe(F.lag(says).over(known))
    is_needed = F.col("was").isin("new", GONE) & ~(is_accepted & is_repeated)
    return latest.withColumn("is_needed", is_needed)


def _stored(new: DataFrame, landed: Landed, table: TableSpec, points: list[Point]) -> DataFrame:
    """What is stored of the ids of the new rows, and of all ids of their snapshots; without what is taken back."""
    if landed.store is None:
        raise TypeError("a store is needed")
    key, taken_back = table.key[0], landed.plan.taken_back()
    rows = landed.store.rows(table).where(~F.col(SOURCE_DIGEST).isin(*sorted(taken_back)) if taken_back else F.lit(True))
    ids = new.where(F.col(REASON).isNull()).select(key)
    if snapshots := digests_of(landed.plan, {point.file.source for point in points}):
        ids = ids.unionByName(rows.where(F.col(SOURCE_DIGEST).isin(*sorted(snapshots))).select(key))
    ids = ids.distinct()
    order = [*landed.plan.deliveries().items()] or [("", 0)]
    deliveries = F.broadcast(landed.store.lake.spark.createDataFrame(order, f"{SOURCE_DIGEST} string, {DELIVERY} long"))
    found = rows.join(ids, key, "left_semi").join(deliveries, SOURCE_DIGEST, "left")
    return found.withColumns({"was": F.lit("stored"), **{name: F.lit(None).cast("string") for name in (REASON, DETAIL)}})


def _is_said(table: TableSpec, name: str) -> bool:
    return name not in (*table.key, SOURCE_FILE, SOURCE_DIGEST, SOURCE_LINE)


def _comparable(name: str, kind: str) -> Column:
    """The column, or what Spark can compare of it."""
    return F.array_sort(F.map_entries(name)).alias(name) if kind.startswith("map<") else F.col(name)


def _known_from(typed: DataFrame) -> DataFrame:
    """The date that the row gives, else that of its file."""
    named = typed.withColumn("known_from_text", text(KNOWN_FROM))
    own = F.to_date(instant(F.col("known_from_text"), F.col("time_unit")))
    return named.withColumn("own_known_from", own).withColumn(KNOWN_FROM, F.coalesce("own_known_from", FILE_KNOWN_FROM))


def _readable_date() -> Rule:
    value = F.col("known_from_text")
    return Rule(Reason.WRONG_TYPE, value.isNotNull() & F.col("own_known_from").isNull(), describe(KNOWN_FROM, value))


def _typed_items(raw: DataFrame) -> DataFrame:
    texts = {f"{name}_text": text(name) for name in ("price", *_TIMES)}
    plain = {name: text(name) for name in (ITEM_ID, "title", "description", "image_path")}
    names = F.filter(F.transform("categories", lambda name: trimmed(name)), lambda name: name != "")
    unique = F.array_distinct(names)
    parsed = {name: instant(F.col(f"{name}_text"), F.col("time_unit"), F.col("time_zone")) for name in _TIMES}
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
    """Of the accepted rows with the same key and day, all but the last by delivery and line are refused."""
    accepted_key: Column = F.when(F.col(REASON).isNull(), F.col(key))
    # A refused row has a partition of its own.
    same = Window.partitionBy(accepted_key, KNOWN_FROM, F.when(accepted_key.isNull(), place()))
    last_first = same.orderBy(F.desc(DELIVERY), F.desc(SOURCE_FILE), F.desc(SOURCE_LINE))
    is_gone = F.first(F.col(SOURCE_LINE) == 0).over(last_first)
    last = F.when(is_gone, F.concat(F.lit("not in "), F.first(SOURCE_FILE).over(last_first)))
    last = last.otherwise(F.concat(F.lit("described again at "), F.first(place()).over(last_first)))
    numbered = checked.withColumns({"age": F.row_number().over(last_first), "last": last})
    detail = F.col("last")
    return refuse_also(numbered, Rule(Reason.SUPERSEDED, F.col("age") > 1, detail)).drop("age", "last")
