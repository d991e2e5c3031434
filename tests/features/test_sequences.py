from datetime import timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TYPES
from tawny.core.config import NightSettings
from tawny.features.interactions import Night
from tawny.features.sequences import sequence_rows, sequences
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame, split_of

ITEMS = [(name, place) for place, name in enumerate("abcd")]
ROWS = "fold string, user_id string, as_of_ts timestamp, is_training boolean, is_target boolean"
VIEW, CART, PURCHASE = (EVENT_TYPES.index(kind) for kind in ("view", "cart", "purchase"))
LATE = RUN_DAY - timedelta(days=10)


def test_a_history_is_in_order_without_refused_items_and_with_repeats_in_a_row_as_one(spark: SparkSession) -> None:
    past = event_frame(
        spark,
        [
            event("u", "a", "view", 9),
            event("u", "b", "cart", 8),
            event("u", "d", "like", 7),
            # Between b and b lies only an item that was refused in the end, and the refusal itself.
            event("u", "d", "hide", 6),
            event("u", "b", "cart", 5.5),
            event("u", "b", "purchase", 5.25),  # of another type
            event("u", "a", "view", 4, event_id="z"),
            event("u", "c", "view", 4, event_id="y"),
            event("v", "d", "view", 3),
            event("w", "d", "dislike", 3),
        ],
    ).withColumns({"fold": F.lit("serve"), "as_of_ts": F.lit(RUN_DAY)})
    rows = frame(spark, ROWS, *(("serve", user, RUN_DAY, True, True) for user in ("u", "v", "w", "new")))
    catalog = frame(spark, "item_id string, item_index int", *ITEMS)
    found = sequences(rows, past, catalog, Night(NightSettings(), split_of(seen_types=("view", "hide"))), 4)
    assert_rows(
        found.drop("is_training", "is_target", "fold", "as_of_ts"),
        "user_id item_indices weights ages_days types seen_indices",
        [
            ("u", [1, 1, 2, 0], [4.0, 4.0, 1.0, 1.0], [5.5, 5.25, 4.0, 4.0], [CART, PURCHASE, VIEW, VIEW], [0, 2, 3]),
            ("v", [3], [1.0], [3.0], [VIEW], [3]),
            ("w", [], [], [], [], []),
            ("new", [], [], [], [], []),
        ],
    )


def test_each_morning_of_a_user_has_a_history_of_its_own(spark: SparkSession) -> None:
    mornings = [RUN_DAY - timedelta(days=days) for days in (10, 9)]
    came = event_frame(spark, [event("u", "a", "view", 12), event("u", "b", "view", 9.5)])
    past = came.crossJoin(frame(spark, "as_of_ts timestamp", *((morning,) for morning in mornings)))
    rows = frame(spark, ROWS, *(("test", "u", morning, False, True) for morning in mornings))
    found = sequences(
        rows,
        past.where("event_ts < as_of_ts").withColumn("fold", F.lit("test")),
        frame(spark, "item_id string, item_index int", *ITEMS),
        Night(NightSettings(), split_of()),
        9,
    )
    expected = [(mornings[0], [0], [2.0], [0]), (mornings[1], [0, 1], [3.0, 0.5], [0, 1])]
    assert_rows(
        found.select("as_of_ts", "item_indices", "ages_days", "seen_indices"),
        "as_of_ts item_indices ages_days seen_indices",
        expected,
    )


def test_all_known_users_are_served_those_with_answers_judged_and_those_of_interactions_learned_from(
    spark: SparkSession,
) -> None:
    users = frame(spark, "user_id string", ("described",), ("both",))
    events = event_frame(spark, [event("both", "a", "view", 1), event("shown only", "a", "impression", 1)])
    pairs = frame(spark, "fold string, user_id string", ("serve", "both"), ("test", "both"), ("test", "both"))
    judged = [("test", "shown only", LATE), ("test", "both", LATE), ("test", "both", LATE + timedelta(days=1))]
    answers = frame(spark, "fold string, user_id string, as_of_ts timestamp", *judged)
    assert_rows(
        sequence_rows(users, events, pairs, answers, split_of()),
        "fold user_id as_of_ts is_training is_target",
        [
            ("serve", "described", RUN_DAY, False, True),
            ("serve", "both", RUN_DAY, True, True),
            ("serve", "shown only", RUN_DAY, False, True),
            ("test", "both", LATE, True, True),
            ("test", "both", LATE + timedelta(days=1), False, True),
            ("test", "shown only", LATE, False, True),
        ],
    )
