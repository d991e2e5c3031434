from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tawny.core.config import EventSettings, NightSettings, SplitSettings
from tawny.core.errors import CheckError
from tawny.features.interactions import Night, check_wanted, holdouts, interactions
from tawny.features.labelled import asked_about, before_mornings, labelled
from tawny.testing.frames import RUN_DAY, assert_rows, dicts_of, event, event_frame, frame, split_of


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
    serve = events.withColumns({"fold": F.lit("serve"), "as_of_ts": F.lit(RUN_DAY)})
    test = serve.where("event_id = 'e0'").withColumns(
        {"fold": F.lit("test"), "as_of_ts": F.lit(RUN_DAY - timedelta(days=10))}
    )
    catalog = frame(spark, "item_id string, item_index int", ("a", 3), ("b", 5))
    assert_rows(
        interactions(serve.union(test), catalog, EventSettings(half_life_days=10, min_rating=2)),
        "fold user_id item_id item_index weight",
        [
            # 1 / 4 + 4 / 2
            ("serve", "u", "a", 3, 2.25),
            ("serve", "u", "b", 5, -0.5),
            # A low rating is a refusal, three half-lives old.
            ("serve", "v", "a", 3, -0.125),
            ("test", "u", "a", 3, 0.5),
        ],
    )


EVENTS = [
    event("warm", "a", "view", 20),
    event("warm", "b", "hide", 20),
    event("warm", "b", "cart", 19),
    event("warm", "c", "purchase", 9.5),
    event("warm", "d", "cart", 9.4),
    event("warm", "d", "purchase", 9.3),
    event("warm", "e", "view", 9.2),
    event("warm", "c", "purchase", 8.5),
    event("warm", "f", "purchase", 8.4),
    event("warm", "f", "dislike", 8.3),
    event("only disliked", "a", "dislike", 9.5),
    event("refused before", "a", "hide", 20),
    event("refused before", "b", "purchase", 9.5),
    event("cold", "a", "purchase", 9.5),
    event("cold", "b", "purchase", 8.5),
    event("serve only", "a", "purchase", 25),
]
"""In the ten days of the test window; days are counted to its end. The mornings are 10, 9 ... days before it."""


def answers_of(spark: SparkSession, max_rows: int = 20_000, **more: Any) -> DataFrame:
    settings, split = NightSettings(split=SplitSettings(max_rows=max_rows)), split_of(**more)
    shown = labelled(event_frame(spark, EVENTS), settings, split)
    catalog = frame(spark, "item_id string, item_index int", *((name, place) for place, name in enumerate("abcdef")))
    night = Night(settings, split)
    return holdouts(asked_about(shown, split), lambda rows: before_mornings(shown, rows, split), catalog, night)


def test_answers_are_what_users_wanted_after_a_morning_and_may_be_listed_then(spark: SparkSession) -> None:
    first, second = RUN_DAY - timedelta(days=10), RUN_DAY - timedelta(days=9)
    found = answers_of(spark, targets={"purchase": 10.0, "cart": 3.0}, seen_types=("purchase", "hide"))
    assert_rows(
        found.where("fold = 'test'"),
        "fold user_id as_of_ts item_indices values history_length is_warm",
        [
            # d is worth its purchase; e was only viewed. b is wanted again, so the history is a and b.
            ("test", "warm", first, [2, 3], [10.0, 10.0], 2, True),
            # On the second morning c was bought already, and f is disliked by its evening.
            ("test", "refused before", first, [1], [10.0], 0, False),
            ("test", "cold", first, [0], [10.0], 0, False),
            ("test", "cold", second, [1], [10.0], 1, True),
        ],
    )


def test_of_the_lists_those_with_the_smallest_hashes_are_judged(spark: SparkSession) -> None:
    rows = dicts_of(answers_of(spark), "fold", "user_id", "as_of_ts")
    kept = dicts_of(answers_of(spark, max_rows=2), "fold", "user_id", "as_of_ts")
    assert [row["fold"] for row in kept] == ["test", "test", "validation"]
    assert len(rows) > len(kept) and all(row in rows for row in kept)


def test_a_shop_in_which_nobody_wanted_anything_is_refused_with_what_there_is(spark: SparkSession) -> None:
    events = event_frame(
        spark, [event("u", "a", "impression", 3), event("u", "a", "hide", 2), event("v", "b", "impression", 1)]
    )
    with pytest.raises(CheckError, match=r"positive weight.*Received: 1 of type hide, 2 of type impression\. Land events"):
        check_wanted(events, EventSettings())
    check_wanted(event_frame(spark, [event("u", "a", "view", 3)]), EventSettings())
