"""Who has had to do with what, and how much."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, FOLD, IS_SEEN, ITEM_ID, USER_ID, WEIGHT
from tawny.core.config import EventRules
from tawny.features.catalog import with_item_index
from tawny.features.rules import decayed_weight, is_seen, relation


def interactions(events: DataFrame, numbers: DataFrame, rules: EventRules) -> DataFrame:
    """One row per fold, user and item: the columns of interactions_v1.

    Args:
        events: what the folds learn from (folds.learned_from), of types that tell something.
        numbers: catalog_v1, item_id and item_index.
        rules: weights, decay and the seen rule.
    """
    pairs = events.withColumns({WEIGHT: decayed_weight(rules), IS_SEEN: is_seen(rules)})
    combined = pairs.groupBy(FOLD, USER_ID, ITEM_ID).agg(
        relation(F.col(WEIGHT)).cast("float").alias(WEIGHT),
        F.count("*").cast("int").alias("n_events"),
        F.min(EVENT_TS).alias("first_ts"),
        F.max(EVENT_TS).alias("last_ts"),
        F.max(IS_SEEN).alias(IS_SEEN),
    )
    return with_item_index(combined, numbers)
