"""Cleaning events: each by itself, then together with the stored events of the same users and days."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import (
    CONTEXT,
    DETAIL,
    EVENT_DATE,
    EVENT_ID,
    EVENT_TS,
    EVENT_TYPE,
    EVENT_TYPES,
    ITEM_ID,
    RAW,
    REASON,
    SOURCE_DIGEST,
    SOURCE_FILE,
    SOURCE_LINE,
    USER_ID,
    VALUE,
)
from tawny.ingest.deliveries import Plan
from tawny.ingest.files.schema import DELIVERY, OWN_ID, SOURCE
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
    unreadable,
    with_reason,
)
from tawny.ingest.settings import IngestEventsSettings
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE

_MAX_DATES = 1000
_N_DIGITS = 32


def check_events(raw: DataFrame, settings: IngestEventsSettings) -> DataFrame:
    """Each raw row (tawny.ingest.files.schema) by itself, with the columns of events_v2, `reason` and `detail`.

    `reason` is null where no rule is broken; of other rows `event_id` is null.
    """
    checked = with_reason(_typed(raw), _rules(settings))
    return checked.withColumn(EVENT_ID, F.when(F.col(REASON).isNull(), event_id()))


def judge_events(new: DataFrame, landed: Landed, settings: IngestEventsSettings) -> DataFrame:
    """The checked rows together with the stored events of the same users and days: duplicates and robots are refused.

    What is refused does not depend on which run read which file. Of equal events the first by delivery is accepted. Of a
    robot, the events that were accepted before are refused too.

    Args:
        new: as `check_events` gives them, cached.
        landed: what is read and taken back, and the tables.
        settings: of the job.

    Returns:
        The new rows and the stored ones that they can change, with `was` (`new`, or where they are: `stored`, `quarantined`,
        `both`) and `is_needed`: whether the row has to be written where it belongs now.
    """
    own = {"was": F.lit("new"), **{f"old_{name}": F.lit(None).cast("string") for name in (REASON, DETAIL)}}
    rows = new.withColumns(own)
    stored = stored_events(landed)
    if stored is not None:
        rows = rows.unionByName(_touched(stored, new, landed.plan), allowMissingColumns=True)
    if landed.plan.has_event_ids:
        rows = rows.transform(_refuse_corrected)
    judged = rows.transform(_refuse_duplicates_and_robots, settings.max_events_per_user_day)
    is_refused = F.col(REASON).isNotNull()
    is_same = F.col(REASON).eqNullSafe(F.col(f"old_{REASON}")) & F.col(DETAIL).eqNullSafe(F.col(f"old_{DETAIL}"))
    needed = {"stored": is_refused, "quarantined": ~is_same, "both": is_refused & ~is_same}
    is_needed = F.lit(True)
    for was, condition in needed.items():
        is_needed = F.when(F.col("was") == was, condition).otherwise(is_needed)
    # What breaks no rule by itself has its values in columns, whether it was accepted at first or not.
    raw = F.when(F.col(EVENT_ID).isNull(), F.col(RAW))
    return judged.withColumns({"is_needed": is_needed, RAW: raw}).drop(f"old_{REASON}", f"old_{DETAIL}")


def stored_events(landed: Landed) -> DataFrame | None:
    """All events that break no rule by themselves, accepted or not, in the order of delivery; None where there are none."""
    store = landed.store
    if store is None or (store.is_empty(EVENTS) and store.is_empty(EVENTS_QUARANTINE)):
        return None
    accepted = store.rows(EVENTS).withColumn("was", F.lit("stored"))
    refused = store.rows(EVENTS_QUARANTINE).where(F.col(EVENT_ID).isNotNull()).withColumn("was", F.lit("quarantined"))
    refused = refused.withColumnsRenamed({REASON: f"old_{REASON}", DETAIL: f"old_{DETAIL}"})
    order = [*landed.plan.deliveries().items()] or [("", 0)]
    deliveries = F.broadcast(store.lake.spark.createDataFrame(order, f"{SOURCE_DIGEST} string, {DELIVERY} long"))
    every = accepted.unionByName(refused, allowMissingColumns=True)
    nothing_wrong = {name: F.lit(None).cast("string") for name in (REASON, DETAIL)}
    return every.join(deliveries, SOURCE_DIGEST, "left").withColumns(nothing_wrong)


def _touched(stored: DataFrame, new: DataFrame, plan: Plan) -> DataFrame:
    """The stored events that what is new or taken back can change; without those taken back.

    These are the events of the same users and days, and, where events have ids, of the users and days of those with the same
    id. What a later row corrected that is not touched stays corrected.
    """
    taken_back = plan.taken_back()
    is_back = F.col(SOURCE_DIGEST).isin(*sorted(taken_back)) if taken_back else F.lit(False)
    changes = new.where(F.col(REASON).isNull()).select(USER_ID, EVENT_DATE, EVENT_ID)
    if taken_back:
        changes = changes.unionByName(stored.where(is_back).select(USER_ID, EVENT_DATE, EVENT_ID))
    if not plan.has_event_ids:
        return _of_same_days(stored, is_back, changes.select(USER_ID, EVENT_DATE))
    ids = changes.select(_own_id().alias("own")).where("own IS NOT NULL").distinct()
    same = stored.withColumn("own", _own_id()).join(ids, "own", "left_semi")
    days = changes.select(USER_ID, EVENT_DATE).unionByName(same.select(USER_ID, EVENT_DATE))
    found = _of_same_days(stored, is_back, days).withColumn("own", _own_id())
    found = found.join(ids.withColumn("is_touched", F.lit(True)), "own", "left")
    stays = (F.col(f"old_{REASON}") == Reason.CORRECTED.value) & F.col("is_touched").isNull()
    kept = {name: F.when(stays, F.col(f"old_{name}")).otherwise(F.col(name)) for name in (REASON, DETAIL)}
    return found.withColumns(kept).drop("own", "is_touched")


def _of_same_days(stored: DataFrame, is_back: Column, some_days: DataFrame) -> DataFrame:
    """The stored events of these users and days, without those taken back."""
    days = some_days.distinct()
    # Bounded: days. By them Delta reads only the partitions that matter.
    dates = [row[EVENT_DATE] for row in days.select(EVENT_DATE).distinct().collect()]
    of_dates = stored.where(F.col(EVENT_DATE).isin(dates) if len(dates) <= _MAX_DATES else _between(dates))
    found = of_dates.where(~is_back).join(days, [USER_ID, EVENT_DATE], "left_semi")
    # A run that was killed between two commits left such an event in both tables.
    same = Window.partitionBy(SOURCE_DIGEST, SOURCE_LINE)
    of_quarantine = {name: F.max(name).over(same) for name in (f"old_{REASON}", f"old_{DETAIL}")}
    was = F.when(F.count(F.lit(1)).over(same) > 1, "both").otherwise(F.col("was"))
    merged = found.withColumns({**of_quarantine, "place": F.row_number().over(same.orderBy("was")), "was": was})
    return merged.where("place = 1").drop("place")


def _between(dates: list[date]) -> Column:
    return F.col(EVENT_DATE).between(F.lit(min(dates)), F.lit(max(dates)))


def event_id() -> Column:
    """string: what tells the event from others, and decides all of its values.

    It is the hash of the values; where the source gives the event an id, `id`, the hash of source and id and that of the
    values, with `-` between them.
    """
    own = F.sha2(F.to_json(F.array(SOURCE, text(OWN_ID))), 256)
    with_id = F.concat_ws("-", F.lit("id"), F.left(own, F.lit(_N_DIGITS)), F.left(values_id(), F.lit(_N_DIGITS)))
    return F.when(text(OWN_ID).isNotNull(), with_id).otherwise(values_id())


def _own_id() -> Column:
    """string: what all rows with the same id of their source share; null of events without."""
    return F.when(F.col(EVENT_ID).startswith("id-"), F.substring_index(EVENT_ID, "-", 2))


def values_id() -> Column:
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
    parsed = {
        EVENT_TS: instant(F.col("event_time"), F.col("time_unit"), F.col("time_zone")),
        VALUE: number(F.col("value_text")) + F.lit(0.0),
    }
    return typed.withColumns(parsed).withColumn(EVENT_DATE, F.to_date(EVENT_TS))


def _rules(settings: IngestEventsSettings) -> list[Rule]:
    low, high = _bounds(settings)
    floor = F.lit(settings.floor_date.isoformat()).cast("timestamp")
    return [
        *missing(USER_ID, ITEM_ID, EVENT_TYPE, "event_time"),
        *too_long(settings.max_id_length, USER_ID, ITEM_ID),
        Rule(Reason.UNKNOWN_EVENT_TYPE, ~F.col(EVENT_TYPE).isin(*EVENT_TYPES), describe(EVENT_TYPE)),
        unreadable(EVENT_TS, "event_time"),
        unreadable(VALUE, "value_text"),
        Rule(Reason.MISSING_VALUE, (F.col(EVENT_TYPE) == "rating") & F.col(VALUE).isNull(), describe(VALUE)),
        *([_no_refund()] if settings.negative_purchases == "refuse" else []),
        # NaN is greater than every number in Spark.
        Rule(Reason.OUT_OF_RANGE, (F.col(VALUE) < low) | (F.col(VALUE) > high), describe(VALUE)),
        Rule(Reason.BEFORE_FLOOR, F.col(EVENT_TS) < floor, describe(EVENT_TS)),
        # Milliseconds read as seconds. A day to come is no reason: a run reads the events before its run_date.
        too_late(EVENT_TS),
    ]


def _no_refund() -> Rule:
    is_refund = (F.col(EVENT_TYPE) == "purchase") & (F.col(VALUE) < 0)
    return Rule(Reason.NEGATIVE_PURCHASE, is_refund, describe(VALUE))


def _bounds(settings: IngestEventsSettings) -> tuple[Column, Column]:
    low, high = F.lit(settings.min_value), F.lit(settings.max_value)
    for event_type, (least, most) in settings.value_ranges.items():
        low = F.when(F.col(EVENT_TYPE) == event_type, F.lit(least)).otherwise(low)
        high = F.when(F.col(EVENT_TYPE) == event_type, F.lit(most)).otherwise(high)
    return low, high


def _refuse_corrected(rows: DataFrame) -> DataFrame:
    """Of events with the same id those are refused that say something else than the last one by delivery and line."""
    is_own = F.col(REASON).isNull() & _own_id().isNotNull()
    same = Window.partitionBy(F.when(is_own, _own_id()).otherwise(place()))
    order = [F.col(DELIVERY), F.col(SOURCE_FILE), F.col(SOURCE_LINE)]
    last = F.first(EVENT_ID).over(same.orderBy(*(column.desc() for column in order)))
    with_last = rows.withColumn("last", last)
    # The first row that says it, so that the same export once more changes no detail.
    first = F.min(F.when(F.col(EVENT_ID) == F.col("last"), F.struct(*order))).over(same)
    at = F.concat(F.lit("corrected at "), F.concat_ws(":", f"first.{SOURCE_FILE}", f"first.{SOURCE_LINE}"))
    rule = Rule(Reason.CORRECTED, is_own & (F.col(EVENT_ID) != F.col("last")), at)
    return refuse_also(with_last.withColumn("first", first), rule).drop("last", "first")


def _refuse_duplicates_and_robots(checked: DataFrame, max_events: int) -> DataFrame:
    """The rules that look at several rows of a user, with one shuffle and one sort for both.

    Rows without a user are distributed by file and line, so that a file of bad rows does not go to one task.
    """
    accepted = F.col(REASON).isNull()
    by_user = checked.withColumn("shard", F.coalesce(USER_ID, place())).repartition("shard")
    # An event that was corrected is none of those that are compared.
    same = Window.partitionBy("shard", EVENT_DATE, EVENT_ID, accepted).orderBy(DELIVERY, SOURCE_FILE, SOURCE_LINE)
    copies = {
        "copy": F.row_number().over(same),
        "file": F.first(SOURCE_FILE).over(same),
        "line": F.first(SOURCE_LINE).over(same),
    }
    first = F.concat(F.lit("first at "), F.concat_ws(":", "file", "line"))
    unique = refuse_also(by_user.withColumns(copies), Rule(Reason.DUPLICATE, F.col("copy") > 1, first))
    n_on_day = F.count(F.when(accepted, F.lit(1))).over(Window.partitionBy("shard", EVENT_DATE))
    # Not how many: the detail of a row does not change with every file.
    n_text = F.concat(describe(USER_ID), F.lit(f": more than {max_events} events on "), F.col(EVENT_DATE).cast("string"))
    counted = unique.withColumn("n_on_day", n_on_day)
    refused = refuse_also(counted, Rule(Reason.ROBOT, F.col("n_on_day") > max_events, n_text))
    return refused.drop("shard", "copy", "file", "line", "n_on_day")
