"""Which items a user took or refused: what a fold learns from, and what it is evaluated on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import (
    AS_OF_TS,
    FOLD,
    HISTORY_LENGTH,
    IS_SEEN,
    IS_WARM,
    ITEM_ID,
    ITEM_INDEX,
    ITEM_INDICES,
    ROW_KEY,
    USER_ID,
    VALUES,
    WEIGHT,
)
from tawny.core.config import EventSettings, NightSettings
from tawny.core.errors import CheckError
from tawny.core.split import NightSplit
from tawny.features.catalog import with_item_index
from tawny.features.targets import target_value
from tawny.features.weights import decayed_weight, event_weight, is_seen, relation


@dataclass(frozen=True)
class Night:
    """What a night's settings and its split say of events."""

    settings: NightSettings
    split: NightSplit


def interactions(events: DataFrame, catalog: DataFrame, settings: EventSettings) -> DataFrame:
    """One row per fold, user and item: the columns of interactions_v3.

    Args:
        events: what the folds learn from (labelled.learned_from).
        catalog: catalog_v2.
        settings: weights and decay.
    """
    weighted = events.withColumn(WEIGHT, decayed_weight(settings))
    combined = weighted.groupBy(FOLD, USER_ID, ITEM_ID).agg(relation(F.col(WEIGHT)).cast("float").alias(WEIGHT))
    return with_item_index(combined, catalog)


def check_wanted(events: DataFrame, settings: EventSettings) -> None:
    """Raise CheckError unless some event says that its user wants its item; without one there is nothing to list.

    Args:
        events: events_v2 before the cutoff.
        settings: weights by event type.
    """
    if events.where(event_weight(settings) > 0).isEmpty():
        # Bounded: one row per event type.
        counted = {row["event_type"]: row["count"] for row in events.groupBy("event_type").count().collect()}
        came = ", ".join(f"{n:,} of type {event_type}" for event_type, n in sorted(counted.items())) or "no event at all"
        rule = "at least one event before run_date must have a positive weight."
        do = "Land events of other types, or give these a weight in [night.events.weights]."
        raise CheckError(where="events_v2", rule=rule, came=came, do=do)


def holdouts(window: DataFrame, past: Callable[[DataFrame], DataFrame], catalog: DataFrame, night: Night) -> DataFrame:
    """One row per fold, user and morning with an answer: the columns of holdouts_v2.

    The answers are the items for which the user's events after the morning are positive and of a target type, without those
    that the seen rule excludes as of the morning. Weights do not decay here. An item that nobody knew at the cutoff stays an
    answer, though no fold may list it: it costs every list alike. A user who came that day has answers too: the list is what
    a new user gets, made without anything that is known of this one.

    Of each fold `max_rows` rows are kept, those with the smallest hashes of user and morning.

    Args:
        window: the events that may be answers (labelled.asked_about).
        past: from rows (fold, user_id, as_of_ts) to the events before them (labelled.before_mornings).
        catalog: catalog_v2.
        night: settings and split.
    """
    events, max_rows = night.settings.events, night.settings.split.max_rows
    weight = event_weight(events)
    value = F.when(weight > 0, target_value(night.split.targets)).otherwise(0.0)
    wanted = (
        window.groupBy(*ROW_KEY, ITEM_ID)
        .agg(relation(weight).alias(WEIGHT), F.max(value).alias("value"))
        .where((F.col(WEIGHT) > 0) & (F.col("value") > 0))
    )
    # Twice as many as are kept: some have no answer left.
    rows = _sampled(wanted.select(*ROW_KEY).distinct(), 2 * max_rows)
    weighted = past(rows).withColumns({WEIGHT: weight, IS_SEEN: is_seen(events, night.split.seen_types)})
    pairs = related(weighted)
    allowed = wanted.join(rows, ROW_KEY).join(
        pairs.where(IS_SEEN).select(*ROW_KEY, ITEM_ID), [*ROW_KEY, ITEM_ID], "left_anti"
    )
    taken = pairs.where(F.col(WEIGHT) > 0).groupBy(*ROW_KEY).agg(F.count("*").cast("int").alias(HISTORY_LENGTH))
    answer = F.struct(ITEM_INDEX, F.col("value").cast("float").alias("value"))
    answers = with_item_index(allowed, catalog).groupBy(*ROW_KEY)
    listed = answers.agg(F.sort_array(F.collect_list(answer)).alias("answers"))
    known = listed.join(taken, ROW_KEY, "left").withColumn(HISTORY_LENGTH, F.coalesce(HISTORY_LENGTH, F.lit(0)))
    return _sampled(known, max_rows).select(
        *ROW_KEY,
        F.col("answers")[ITEM_INDEX].alias(ITEM_INDICES),
        F.col("answers")["value"].alias(VALUES),
        HISTORY_LENGTH,
        (F.col(HISTORY_LENGTH) > 0).alias(IS_WARM),
    )


def related(past: DataFrame) -> DataFrame:
    """fold, user_id, as_of_ts, item_id, weight, is_seen: what a row's past events with an item say together.

    Args:
        past: events before each row's `as_of_ts`, with the columns weight and is_seen.
    """
    pairs = past.groupBy(*ROW_KEY, ITEM_ID)
    return pairs.agg(relation(F.col(WEIGHT)).alias(WEIGHT), F.max(IS_SEEN).alias(IS_SEEN))


def _sampled(rows: DataFrame, max_rows: int) -> DataFrame:
    """At most so many rows of each fold: judging costs the same at ten million users."""
    by_hash = F.xxhash64(USER_ID, AS_OF_TS), F.col(USER_ID), F.col(AS_OF_TS)
    folds = (rows.where(F.col(FOLD) == fold).orderBy(*by_hash).limit(max_rows) for fold in ("validation", "test"))
    return reduce(DataFrame.unionByName, folds)
