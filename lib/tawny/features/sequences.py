"""What models read of a user: the last items in order, and the items that must not be listed."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import (
    AGES_DAYS,
    EVENT_ID,
    EVENT_TS,
    FOLD,
    IS_SEEN,
    IS_TARGET,
    ITEM_ID,
    ITEM_INDEX,
    ITEM_INDICES,
    SEEN_INDICES,
    USER_ID,
    WEIGHT,
    WEIGHTS,
)
from tawny.core.config import EventSettings
from tawny.features.catalog import with_item_index
from tawny.features.labelled import age_days
from tawny.features.weights import decayed_weight

USER = [FOLD, USER_ID]
ARRAYS = {ITEM_INDICES: "array<int>", WEIGHTS: "array<float>", AGES_DAYS: "array<float>", SEEN_INDICES: "array<int>"}


def sequences(users: DataFrame, histories: DataFrame, interactions: DataFrame) -> DataFrame:
    """The columns of sequences_v1, one row per row of `users`; empty arrays for users without history.

    Args:
        users: as `fold_users` makes them.
        histories: as `histories` makes them.
        interactions: interactions_v2, for the seen items.
    """
    seen = interactions.where(IS_SEEN).groupBy(*USER).agg(F.sort_array(F.collect_list(ITEM_INDEX)).alias(SEEN_INDICES))
    joined = users.join(histories, USER, "left").join(seen, USER, "left")
    filled = {name: F.coalesce(F.col(name), F.array()).cast(kind) for name, kind in ARRAYS.items()}
    return joined.withColumns(filled)


def fold_users(users: DataFrame, events: DataFrame, interactions: DataFrame, holdouts: DataFrame) -> DataFrame:
    """The users of each fold: fold, user_id, is_target.

    `serve` makes a list for every user in users_v2 or in an event. `validation` and `test` make lists for the users with
    answers (holdouts_v1); the other users that they learn from (interactions_v2) are no targets.
    """
    known = users.select(USER_ID).union(events.select(USER_ID)).select(F.lit("serve").alias(FOLD), USER_ID)
    with_answers = holdouts.select(FOLD, USER_ID)
    targets = known.union(with_answers).withColumn(IS_TARGET, F.lit(True))
    learned = interactions.select(FOLD, USER_ID, F.lit(False).alias(IS_TARGET))
    return targets.union(learned).groupBy(*USER).agg(F.max(IS_TARGET).alias(IS_TARGET))


def histories(
    events: DataFrame, interactions: DataFrame, catalog: DataFrame, settings: EventSettings, max_length: int
) -> DataFrame:
    """fold, user_id, item_indices, weights, ages_days: the last `max_length` entries of a user, the newest last.

    An entry is an event of positive weight on an item for which the user's combined weight is positive. Entries are ordered
    by time, equal times by event_id. Repeats in a row become one entry, with the sum of their weights and the age of the
    newest.

    Args:
        events: what the folds learn from (labelled.learned_from).
        interactions: interactions_v2, for the pairs whose weight is not positive.
        catalog: catalog_v2.
        settings: weights and decay.
        max_length: L.
    """
    pair = [*USER, ITEM_ID]
    refused = interactions.where(F.col(WEIGHT) <= 0).select(*pair)
    positive = events.withColumns({WEIGHT: decayed_weight(settings), AGES_DAYS: age_days()}).where(F.col(WEIGHT) > 0)
    entries = with_item_index(positive.join(refused, pair, "left_anti"), catalog)
    entry = F.struct("run", ITEM_INDEX, WEIGHT, AGES_DAYS)
    last = F.slice(F.col("entries"), -F.least(F.size("entries"), F.lit(max_length)), F.lit(max_length))
    return (
        entries.transform(_combine_runs)
        .groupBy(*USER)
        .agg(F.sort_array(F.collect_list(entry)).alias("entries"))
        .withColumn("entries", last)
        .select(*USER, *_unzipped())
    )


def _combine_runs(entries: DataFrame) -> DataFrame:
    """Consecutive entries of a user on the same item as one row; `run` numbers them from the oldest."""
    in_order = Window.partitionBy(*USER).orderBy(EVENT_TS, EVENT_ID)
    is_new = F.coalesce(F.col(ITEM_INDEX) != F.lag(ITEM_INDEX).over(in_order), F.lit(True))
    runs = entries.withColumn("is_new", is_new.cast("int")).withColumn("run", F.sum("is_new").over(in_order))
    # Grouped by user and run within the partitions of the window: no further shuffle.
    return runs.groupBy(*USER, "run", ITEM_INDEX).agg(F.sum(WEIGHT).alias(WEIGHT), F.min(AGES_DAYS).alias(AGES_DAYS))


def _unzipped() -> list[Column]:
    fields = {ITEM_INDICES: ITEM_INDEX, WEIGHTS: WEIGHT, AGES_DAYS: AGES_DAYS}
    return [F.col("entries")[field].cast(ARRAYS[name]).alias(name) for name, field in fields.items()]
