from datetime import timedelta

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.config import EventSettings
from tawny.core.errors import CheckError
from tawny.features.interactions import check_wanted, holdouts, interactions
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame


def test_events_of_a_user_with_an_item_are_weighted_decayed_and_combined(spark: SparkSession) -> None:
    events = event_frame(
        spark,
        [
            event("u", "a", "view", 20),
            event("u", "a", "purchase", 10),
            event("u", "b", "like", 40),
            event("u", "b", "hide", 10),
            event("v", "a", "rating", 30, value=1.0),
        ],
    )
    serve = events.withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)})
    test = serve.where("event_id = 'e0'").withColumns(
        {"fold": F.lit("test"), "cutoff_ts": F.lit(RUN_DAY - timedelta(days=10))}
    )
    catalog = frame(spark, "item_id string, item_index int", ("a", 3), ("b", 5))
    settings = EventSettings(half_life_days=10, min_rating=2, seen_max_age_days={"purchase": 5, "view": 15})
    assert_rows(
        interactions(serve.union(test), catalog, settings),
        "fold user_id item_id item_index weight is_seen",
        [
            # 1 / 4 + 4 / 2; both events are too old for the seen rule.
            ("serve", "u", "a", 3, 2.25, False),
            ("serve", "u", "b", 5, -0.5, True),
            ("serve", "v", "a", 3, -0.125, True),
            ("test", "u", "a", 3, 0.5, True),
        ],
    )


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
    catalog = frame(spark, "item_id string, item_index int", *((name, place) for place, name in enumerate("abcd")))
    assert_rows(
        holdouts(window, past, catalog, EventSettings()),
        "fold user_id item_indices is_warm",
        [
            ("test", "warm", [1, 2], True),
            ("test", "cold", [0], False),
            ("test", "refused before", [1], False),
        ],
    )


def test_a_shop_in_which_nobody_wanted_anything_is_refused_with_what_there_is(spark: SparkSession) -> None:
    events = event_frame(
        spark, [event("u", "a", "impression", 3), event("u", "a", "hide", 2), event("v", "b", "impression", 1)]
    )
    with pytest.raises(CheckError, match=r"positive weight.*Received: 1 of type hide, 2 of type impression\. Land events"):
        check_wanted(events, EventSettings())
    check_wanted(event_frame(spark, [event("u", "a", "view", 3)]), EventSettings())
