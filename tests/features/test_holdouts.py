from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.config import EventRules
from tawny.features.holdouts import holdouts
from tawny.testing.frames import assert_rows, event, event_frame, frame


def test_answers_are_what_users_wanted_and_may_be_listed(spark: SparkSession) -> None:
    window = event_frame(
        spark,
        [
            event("warm", "c", "purchase", 1),
            event("warm", "a", "view", 1),
            event("warm", "b", "view", 1),
            event("warm", "b", "view", 2),
            event("warm", "d", "dislike", 1),
            event("only disliked", "a", "dislike", 1),
            event("saw all", "a", "view", 1),
            event("cold", "a", "view", 1),
            event("refused before", "b", "view", 1),
        ],
    ).withColumn("fold", F.lit("test"))
    past = frame(
        spark,
        "fold string, user_id string, item_id string, weight float, is_seen boolean",
        ("test", "warm", "a", 1.0, True),
        ("test", "warm", "b", 1.0, False),
        ("test", "saw all", "a", 1.0, True),
        ("test", "refused before", "a", -1.0, True),
        # What another fold has seen does not matter.
        ("serve", "cold", "a", 1.0, True),
    )
    numbers = frame(spark, "item_id string, item_index int", *((name, place) for place, name in enumerate("abcd")))
    assert_rows(
        holdouts(window, past, numbers, EventRules()),
        "fold user_id item_indices is_warm",
        [
            ("test", "warm", [1, 2], True),
            ("test", "cold", [0], False),
            ("test", "refused before", [1], False),
        ],
    )
