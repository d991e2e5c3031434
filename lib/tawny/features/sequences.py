"""What models read of a user as of an instant: the last items in order, and the items that must not be listed."""

from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import (
    AGES_DAYS,
    AS_OF_TS,
    EVENT_ID,
    EVENT_TS,
    EVENT_TYPE,
    EVENT_TYPES,
    FOLD,
    IS_SEEN,
    IS_TARGET,
    IS_TRAINING,
    ITEM_ID,
    ITEM_INDEX,
    ITEM_INDICES,
    ROW_KEY,
    SEEN_INDICES,
    TYPES,
    USER_ID,
    WEIGHT,
    WEIGHTS,
)
from tawny.core.split import NightSplit
from tawny.features.catalog import with_item_index
from tawny.features.interactions import Night, related
from tawny.features.labelled import age_days, fold_cutoffs
from tawny.features.weights import decayed_weight, is_seen

ARRAYS = {
    ITEM_INDICES: "array<int>", WEIGHTS: "array<float>", AGES_DAYS: "array<float>", TYPES: "array<tinyint>",
    SEEN_INDICES: "array<int>",
}  # fmt: skip


def sequences(rows: DataFrame, past: DataFrame, catalog: DataFrame, night: Night, max_length: int) -> DataFrame:
    """The columns of sequences_v2, one row per row of `rows`; empty arrays for users without history.

    Args:
        rows: as `sequence_rows` makes them.
        past: the events before each row's `as_of_ts` (labelled.learned_from, labelled.before_mornings).
        catalog: catalog_v2.
        night: settings and split.
        max_length: L.
    """
    settings, seen_types = night.settings.events, night.split.seen_types
    weighted = past.withColumns({WEIGHT: decayed_weight(settings), IS_SEEN: is_seen(settings, seen_types)})
    pairs = related(weighted)
    seen = with_item_index(pairs.where(IS_SEEN), catalog).groupBy(*ROW_KEY)
    entries = histories(weighted, pairs, catalog, max_length)
    joined = rows.join(entries, ROW_KEY, "left").join(
        seen.agg(F.sort_array(F.collect_list(ITEM_INDEX)).alias(SEEN_INDICES)), ROW_KEY, "left"
    )
    return joined.withColumns({name: F.coalesce(F.col(name), F.array()).cast(kind) for name, kind in ARRAYS.items()})


def sequence_rows(
    users: DataFrame, events: DataFrame, interactions: DataFrame, holdouts: DataFrame, split: NightSplit
) -> DataFrame:
    """Of whom, and as of when: fold, user_id, as_of_ts, is_training, is_target.

    Models learn from the users of interactions_v3, as of each fold's cutoff. `serve` makes a list for every user in users_v2
    or in an event; `validation` and `test` make those that are judged (holdouts_v2).
    """
    cutoffs = F.broadcast(fold_cutoffs(events, split).withColumnRenamed("cutoff_ts", AS_OF_TS))
    known = users.select(USER_ID).union(events.select(USER_ID)).select(F.lit("serve").alias(FOLD), USER_ID)
    served = known.join(cutoffs, FOLD).select(*ROW_KEY, F.lit(False).alias(IS_TRAINING), F.lit(True).alias(IS_TARGET))
    judged = holdouts.select(*ROW_KEY, F.lit(False).alias(IS_TRAINING), F.lit(True).alias(IS_TARGET))
    learned = interactions.select(FOLD, USER_ID).distinct().join(cutoffs, FOLD)
    trained = learned.select(*ROW_KEY, F.lit(True).alias(IS_TRAINING), F.lit(False).alias(IS_TARGET))
    flags = (F.max(flag).alias(flag) for flag in (IS_TRAINING, IS_TARGET))
    return served.union(judged).union(trained).groupBy(*ROW_KEY).agg(*flags)


def histories(weighted: DataFrame, pairs: DataFrame, catalog: DataFrame, max_length: int) -> DataFrame:
    """fold, user_id, as_of_ts, item_indices, weights, ages_days, types: the last `max_length` entries, the newest last.

    An entry is an event of positive weight on an item for which the user's combined weight is positive. Entries are ordered
    by time, equal times by event_id. Repeats in a row, of one type, become one entry, with the sum of their weights and the
    age of the newest.

    Args:
        weighted: the events before each row's `as_of_ts`, with their weight.
        pairs: fold, user_id, as_of_ts, item_id and the combined weight.
        catalog: catalog_v2.
        max_length: L.
    """
    pair = [*ROW_KEY, ITEM_ID]
    refused = pairs.where(F.col(WEIGHT) <= 0).select(*pair)
    numbers = F.create_map(*(F.lit(part) for number, kind in enumerate(EVENT_TYPES) for part in (kind, number)))
    positive = weighted.where(F.col(WEIGHT) > 0).withColumns({AGES_DAYS: age_days(), TYPES: numbers[F.col(EVENT_TYPE)]})
    entries = with_item_index(positive.join(refused, pair, "left_anti"), catalog)
    entry = F.struct("run", ITEM_INDEX, WEIGHT, AGES_DAYS, TYPES)
    last = F.slice(F.col("entries"), -F.least(F.size("entries"), F.lit(max_length)), F.lit(max_length))
    return (
        entries.transform(_combine_runs)
        .groupBy(*ROW_KEY)
        .agg(F.sort_array(F.collect_list(entry)).alias("entries"))
        .withColumn("entries", last)
        .select(*ROW_KEY, *_unzipped())
    )


def _combine_runs(entries: DataFrame) -> DataFrame:
    """Consecutive entries of a row of one type on one item as one; `run` numbers them from the oldest."""
    in_order = Window.partitionBy(*ROW_KEY).orderBy(EVENT_TS, EVENT_ID)
    same = (F.col(column) == F.lag(column).over(in_order) for column in (ITEM_INDEX, TYPES))
    is_new = F.coalesce(~reduce(Column.__and__, same), F.lit(True))
    runs = entries.withColumn("is_new", is_new.cast("int")).withColumn("run", F.sum("is_new").over(in_order))
    # Grouped by row and run within the partitions of the window: no further shuffle.
    sums = F.sum(WEIGHT).alias(WEIGHT), F.min(AGES_DAYS).alias(AGES_DAYS)
    return runs.groupBy(*ROW_KEY, "run", ITEM_INDEX, TYPES).agg(*sums)


def _unzipped() -> list[Column]:
    fields = {ITEM_INDICES: ITEM_INDEX, WEIGHTS: WEIGHT, AGES_DAYS: AGES_DAYS, TYPES: TYPES}
    return [F.col("entries")[field].cast(ARRAYS[name]).alias(name) for name, field in fields.items()]
