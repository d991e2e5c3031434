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
)  # fmt: skip
from tawny.ingest.parse import instant, number, text, tidy_map
from tawny.ingest.reasons import Reason
from tawny.ingest.rules import EventRules
from tawny.ingest.verdict import Rule, judge, missing, place, refuse, told, too_long, unread


def judge_events(raw: DataFrame, rules: EventRules, run_date: date) -> DataFrame:
    """The raw rows (tawny.landing.schema) with the columns of events_v1, `reason` and `detail`.

    `reason` is null where the row is accepted. Of equal events the first by file and line is accepted.
    """
    judged = judge(_typed(raw), _rules(rules, run_date))
    identified = judged.withColumn(EVENT_ID, F.when(F.col(REASON).isNull(), event_id()))
    return identified.transform(_compared, rules.max_events_per_user_day)


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


def _rules(rules: EventRules, run_date: date) -> list[Rule]:
    low, high = _bounds(rules)
    cutoff, floor = (F.lit(day.isoformat()).cast("timestamp") for day in (run_date, rules.floor_date))
    return [
        *missing(USER_ID, ITEM_ID, EVENT_TYPE, "event_time"),
        *too_long(rules.max_id_length, USER_ID, ITEM_ID),
        Rule(Reason.UNKNOWN_EVENT_TYPE, ~F.col(EVENT_TYPE).isin(*EVENT_TYPES), told(EVENT_TYPE)),
        unread(EVENT_TS, "event_time"),
        unread(VALUE, "value_text"),
        Rule(Reason.MISSING_VALUE, (F.col(EVENT_TYPE) == "rating") & F.col(VALUE).isNull(), told(VALUE)),
        # NaN is greater than every number in Spark.
        Rule(Reason.OUT_OF_RANGE, (F.col(VALUE) < low) | (F.col(VALUE) > high), told(VALUE)),
        Rule(Reason.BEFORE_FLOOR, F.col(EVENT_TS) < floor, told(EVENT_TS)),
        Rule(Reason.FUTURE, F.col(EVENT_TS) >= cutoff, told(EVENT_TS)),
    ]


def _bounds(rules: EventRules) -> tuple[Column, Column]:
    low, high = F.lit(rules.min_value), F.lit(rules.max_value)
    for event_type, (least, most) in rules.value_ranges.items():
        low = F.when(F.col(EVENT_TYPE) == event_type, F.lit(least)).otherwise(low)
        high = F.when(F.col(EVENT_TYPE) == event_type, F.lit(most)).otherwise(high)
    return low, high


def _compared(judged: DataFrame, max_events: int) -> DataFrame:
    """The rules that look at several rows of a user: duplicates and robots, with one shuffle and one sort for both.

    Rows without a user are spread by their place, so that a file of bad rows is not one task's.
    """
    accepted = F.col(REASON).isNull()
    by_user = judged.withColumn("shard", F.coalesce(USER_ID, place())).repartition("shard")
    same = Window.partitionBy("shard", EVENT_DATE, EVENT_ID).orderBy(SOURCE_FILE, SOURCE_LINE)
    copies = {
        "copy": F.row_number().over(same),
        "file": F.first(SOURCE_FILE).over(same),
        "at": F.first(SOURCE_LINE).over(same),
    }
    first = F.concat(F.lit("first at "), F.concat_ws(":", "file", "at"))
    unique = refuse(by_user.withColumns(copies), Reason.DUPLICATE, F.col("copy") > 1, first)
    n_on_day = F.count(F.when(accepted, F.lit(1))).over(Window.partitionBy("shard", EVENT_DATE))
    counted = unique.withColumn("n_on_day", n_on_day)
    n_events = F.concat(
        told(USER_ID), F.lit(": "), F.col("n_on_day").cast("string"), F.lit(" events on "), F.col(EVENT_DATE)
    )
    refused = refuse(counted, Reason.ROBOT, F.col("n_on_day") > max_events, n_events)
    return refused.drop("shard", "copy", "file", "at", "n_on_day")
