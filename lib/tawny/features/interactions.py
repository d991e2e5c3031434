"""Which items a user took or refused: what a fold learns from, and what it is evaluated on."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import FOLD, IS_SEEN, IS_WARM, ITEM_ID, ITEM_INDEX, ITEM_INDICES, USER_ID, WEIGHT
from tawny.core.config import EventSettings
from tawny.core.errors import CheckError
from tawny.features.catalog import with_item_index
from tawny.features.weights import decayed_weight, event_weight, is_seen, relation


def interactions(events: DataFrame, catalog: DataFrame, settings: EventSettings) -> DataFrame:
    """One row per fold, user and item: the columns of interactions_v2.

    Args:
        events: what the folds learn from (labelled.learned_from).
        catalog: catalog_v2.
        settings: weights, decay and the seen rule.
    """
    weighted = events.withColumns({WEIGHT: decayed_weight(settings), IS_SEEN: is_seen(settings)})
    combined = weighted.groupBy(FOLD, USER_ID, ITEM_ID).agg(
        relation(F.col(WEIGHT)).cast("float").alias(WEIGHT), F.max(IS_SEEN).alias(IS_SEEN)
    )
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


def holdouts(events: DataFrame, interactions: DataFrame, catalog: DataFrame, settings: EventSettings) -> DataFrame:
    """One row per fold and user with an answer: the columns of holdouts_v1.

    The answers are the items for which the user's events in the window have a positive weight, without those that the seen
    rule excludes. Weights do not decay here: the window counts as one day. An item that nobody knew at the cutoff stays an
    answer, though no fold may list it: it costs every list alike. A user who came within the window has answers too: the
    list is what a new user gets, made without anything that is known of this one.

    Args:
        events: of the folds' evaluation windows (labelled.evaluated_on).
        interactions: interactions_v2, what the folds learned from.
        catalog: catalog_v2.
        settings: weights by event type.
    """
    pair = [FOLD, USER_ID, ITEM_ID]
    wanted = events.groupBy(*pair).agg(relation(event_weight(settings)).alias(WEIGHT)).where(F.col(WEIGHT) > 0)
    allowed = wanted.join(interactions.where(IS_SEEN).select(*pair), pair, "left_anti")
    answers = with_item_index(allowed, catalog).groupBy(FOLD, USER_ID)
    warm = interactions.where(F.col(WEIGHT) > 0).select(FOLD, USER_ID, F.lit(True).alias(IS_WARM)).distinct()
    return (
        answers.agg(F.sort_array(F.collect_list(ITEM_INDEX)).alias(ITEM_INDICES))
        .join(warm, [FOLD, USER_ID], "left")
        .withColumn(IS_WARM, F.coalesce(IS_WARM, F.lit(False)))
    )
