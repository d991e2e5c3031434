"""What users did after a fold's cutoff: the answers."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import FOLD, IS_SEEN, IS_WARM, ITEM_ID, ITEM_INDEX, ITEM_INDICES, USER_ID, WEIGHT
from tawny.core.config import EventRules
from tawny.features.catalog import with_item_index
from tawny.features.rules import event_weight, relation


def holdouts(events: DataFrame, interactions: DataFrame, numbers: DataFrame, rules: EventRules) -> DataFrame:
    """One row per fold and user with an answer: the columns of holdouts_v1.

    The answers are the items to which the user has a positive relation within the window, but those that the seen rule
    forbids to list. Age plays no part in it: the window is one day as a list sees it.

    Args:
        events: of the windows that judge the folds (folds.judged_on).
        interactions: interactions_v1, what the folds have learned from.
        numbers: catalog_v1, item_id and item_index.
        rules: weights by event type.
    """
    pair = [FOLD, USER_ID, ITEM_ID]
    wanted = events.groupBy(*pair).agg(relation(event_weight(rules)).alias(WEIGHT)).where(F.col(WEIGHT) > 0)
    allowed = wanted.join(interactions.where(IS_SEEN).select(*pair), pair, "left_anti")
    answers = with_item_index(allowed, numbers).groupBy(FOLD, USER_ID)
    warm = interactions.where(F.col(WEIGHT) > 0).select(FOLD, USER_ID, F.lit(True).alias(IS_WARM)).distinct()
    return (
        answers.agg(F.sort_array(F.collect_list(ITEM_INDEX)).alias(ITEM_INDICES))
        .join(warm, [FOLD, USER_ID], "left")
        .withColumn(IS_WARM, F.coalesce(IS_WARM, F.lit(False)))
    )
