from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.config import EventSettings
from tawny.features.sequences import fold_users, histories, sequences
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame

PAIRS = "fold string, user_id string, item_id string, item_index int, weight float, is_seen boolean"
ITEMS = [(name, place) for place, name in enumerate("abcd")]


def test_a_history_is_in_order_without_refused_items_and_with_repeats_in_a_row_as_one(spark: SparkSession) -> None:
    events = event_frame(
        spark,
        [
            event("u", "a", "view", 9),
            event("u", "b", "cart", 8),
            event("u", "d", "like", 7),
            # Between b and b lies only an item that was refused in the end, and the refusal itself.
            event("u", "d", "hide", 6),
            event("u", "b", "purchase", 5.5),
            event("u", "a", "view", 4, event_id="z"),
            event("u", "c", "view", 4, event_id="y"),
            event("v", "d", "view", 3),
            event("w", "d", "dislike", 3),
        ],
    ).withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)})
    pairs = frame(spark, PAIRS, ("serve", "u", "d", 3, -1.0, True), ("serve", "w", "d", 3, -1.0, True))
    catalog = frame(spark, "item_id string, item_index int", *ITEMS)
    found = histories(events, pairs, catalog, EventSettings(), 3)
    assert_rows(
        found,
        "fold user_id item_indices weights ages_days",
        [
            ("serve", "u", [1, 2, 0], [6.0, 1.0, 1.0], [5.5, 4.0, 4.0]),
            ("serve", "v", [3], [1.0], [3.0]),
        ],
    )


def test_serve_targets_all_known_users_and_other_folds_those_with_answers(spark: SparkSession) -> None:
    users = frame(spark, "user_id string", ("described",), ("both",))
    events = event_frame(spark, [event("both", "a", "view", 1), event("shown only", "a", "impression", 1)])
    pairs = frame(spark, PAIRS, ("serve", "both", "a", 0, 1.0, True), ("test", "both", "a", 0, 1.0, True))
    answers = frame(spark, "fold string, user_id string", ("test", "shown only"), ("validation", "both"))
    assert_rows(
        fold_users(users, events, pairs, answers),
        "fold user_id is_target",
        [
            ("serve", "described", True),
            ("serve", "both", True),
            ("serve", "shown only", True),
            ("test", "both", False),
            ("test", "shown only", True),
            ("validation", "both", True),
        ],
    )


def test_users_without_history_have_empty_arrays_and_what_was_seen_is_complete(spark: SparkSession) -> None:
    known = frame(spark, "fold string, user_id string, is_target boolean", ("serve", "u", True), ("serve", "new", True))
    past = frame(
        spark,
        "fold string, user_id string, item_indices array<int>, weights array<float>, ages_days array<float>",
        ("serve", "u", [2], [1.0], [4.0]),
    )
    pairs = frame(
        spark, PAIRS,
        ("serve", "u", "c", 2, 1.0, True),
        ("serve", "u", "a", 0, -1.0, True),
        ("serve", "u", "b", 1, 1.0, False),
        ("test", "u", "d", 3, 1.0, True),
    )  # fmt: skip
    assert_rows(
        sequences(known, past, pairs),
        "fold user_id is_target item_indices weights ages_days seen_indices",
        [
            ("serve", "u", True, [2], [1.0], [4.0], [0, 2]),
            ("serve", "new", True, [], [], [], []),
        ],
    )
