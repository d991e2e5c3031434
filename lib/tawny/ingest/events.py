"""Cleaning events."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import (
    CONTEXT,
    EVENT_DATE,
    EVENT_ID,
    EVENT_TS,
    EVENT_TYPE,
    EVENT_TYPES,
    ITEM_ID,
    REASON,
    SOURCE_FILE,
    SOURCE_LINE,
    USER_ID,
    VALUE,
)
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
    unreadable,
    with_reason,
)
from tawny.ingest.settings import IngestEventsSettings


def check_events(raw: DataFrame, settings: IngestEventsSettings, run_date: date) -> DataFrame:
    """The raw rows (tawny.ingest.files.schema) with the columns of events_v1, `reason` and `detail`.

    `reason` is null where the row is accepted. Of equal events the first by file and line is accepted.
    """
    checked = with_reason(_typed(raw), _rules(settings, run_date))
    identified = checked.withColumn(EVENT_ID, F.when(F.col(REASON).isNull(), event_id()))
    return identified.transform(_refuse_duplicates_and_robots, settings.max_events_per_user_day)


def event_id() -> Column:
    """string: SHA-256, as hex, over the JSON array of the event's canonical values.

    These are user, item, type, microseconds since 1970, value, and the context's entries sorted by key.
    """
    context = F.to_json(F.array_sort(F.map_entries(CONTEXT)))
    values = F.array(
        USER_ID, ITEM_ID, EVENT_TYPE, F.unix_micros(EVENT_TS).cast("string"), F.col(VALUE).cast("string"), context
    )
    return F.sha2(F.to_json(values), 256)


def _typed(raw: DataFrame) -> DataFrame:
    typed = raw.withColumns(
        {
            USER_ID: text(USER_ID),
            ITEM_ID: text(ITEM_ID),
            EVENT_TYPE: F.lower(text(EVENT_TYPE)),
            "event_time": text("event_time"),
            "value_text": text(VALUE),
            CONTEXT: tidy_map(CONTEXT),
        }
    )
    # Adding zero makes -0.0 and 0.0 the same value, and so the same event.
    parsed = {EVENT_TS: instant(F.col("event_time"), F.col("time_unit")), VALUE: number(F.col("value_text")) + F.lit(0.0)}
    return typed.withColumns(parsed).withColumn(EVENT_DATE, F.to_date(EVENT_TS))


def _rules(settings: IngestEventsSettings, run_date: date) -> list[Rule]:
    low, high = _bounds(settings)
    cutoff, floor = (F.lit(day.isoformat()).cast("timestamp") for day in (run_date, settings.floor_date))
    return [
        *missing(USER_ID, ITEM_ID, EVENT_TYPE, "event_time"),
        *too_long(settings.max_id_length, USER_ID, ITEM_ID),
        Rule(Reason.UNKNOWN_EVENT_TYPE, ~F.col(EVENT_TYPE).isin(*EVENT_TYPES), describe(EVENT_TYPE)),
        unreadable(EVENT_TS, "event_time"),
        unreadable(VALUE, "value_text"),
        Rule(Reason.MISSING_VALUE, (F.col(EVENT_TYPE) == "rating") & F.col(VALUE).isNull(), describe(VALUE)),
        # NaN is greater than every number in Spark.
        Rule(Reason.OUT_OF_RANGE, (F.col(VALUE) < low) | (F.col(VALUE) > high), describe(VALUE)),
        Rule(Reason.BEFORE_FLOOR, F.col(EVENT_TS) < floor, describe(EVENT_TS)),
        # Milliseconds read as seconds: no later run would accept it.
        too_late(EVENT_TS),
        Rule(Reason.FUTURE, F.col(EVENT_TS) >= cutoff, describe(EVENT_TS)),
    ]


def _bounds(settings: IngestEventsSettings) -> tuple[Column, Column]:
    low, high = F.lit(settings.min_value), F.lit(settings.max_value)
    for event_type, (least, most) in settings.value_ranges.items():
        low = F.when(F.col(EVENT_TYPE) == event_type, F.lit(least)).otherwise(low)
        high = F.when(F.col(EVENT_TYPE) == event_type, F.lit(most)).otherwise(high)
    return low, high


def _refuse_duplicates_and_robots(checked: DataFrame, max_events: int) -> DataFrame:
    """The rules that look at several rows of a user, with one shuffle and one sort for both.

    Rows without a user are distributed by file and line, so that a file of bad rows does not go to one task.
    """
    accepted = F.col(REASON).isNull()
    by_user = checked.withColumn("shard", F.coalesce(USER_ID, place())).repartition("shard")
    same = Window.partitionBy("shard", EVENT_DATE, EVENT_ID).orderBy(SOURCE_FILE, SOURCE_LINE)
    copies = {
        "copy": F.row_number().over(same),
        "file": F.first(SOURCE_FILE).over(same),
        "line": F.first(SOURCE_LINE).over(same),
    }
    first = F.concat(F.lit("first at "), F.concat_ws(":", "file", "line"))
    unique = refuse_also(by_user.withColumns(copies), Rule(Reason.DUPLICATE, F.col("copy") > 1, first))
    n_on_day = F.count(F.when(accepted, F.lit(1))).over(Window.partitionBy("shard", EVENT_DATE))
    n_text = F.concat(
        describe(USER_ID), F.lit(": "), F.col("n_on_day").cast("string"), F.lit(" events on "), F.col(EVENT_DATE)
    )
    counted = unique.withColumn("n_on_day", n_on_day)
    refused = refuse_also(counted, Rule(Reason.ROBOT, F.col("n_on_day") > max_events, n_text))
    return refused.drop("shard", "copy", "file", "line", "n_on_day")
