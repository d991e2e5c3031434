from typing import Any

import pytest
from pyspark.sql import SparkSession

from tawny.core.config import EventSettings, NightSettings, SplitSettings
from tawny.features.targets import choose_seen_types, choose_targets, target_value
from tawny.testing.frames import event, event_frame, rows_of

NIGHT = NightSettings(split=SplitSettings(min_answers=3, min_lists=3))


def visits(kind: str, n_days: int, n_users: int = 3) -> list[dict[str, Any]]:
    """Every user does so with a new item on each of the last days."""
    return [event(f"u{user}", f"{kind}{day}", kind, day + 0.5) for user in range(n_users) for day in range(n_days)]


def test_a_list_is_for_the_most_valuable_type_of_which_both_windows_have_enough(spark: SparkSession) -> None:
    browsing = visits("view", 20)
    assert choose_targets(event_frame(spark, browsing + visits("purchase", 20)), NIGHT) == {"purchase": 1.0}
    few = [event("u0", f"bought{n}", "purchase", n + 0.5) for n in range(2)]
    assert choose_targets(event_frame(spark, browsing + few), NIGHT) == {"view": 1.0}


def test_where_no_type_has_enough_it_is_the_one_with_most_answers(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "a", "purchase", 2), event("u", "a", "view", 2), event("u", "b", "view", 1)])
    assert choose_targets(events, NIGHT) == {"view": 1.0}


def test_what_is_set_is_not_chosen(spark: SparkSession) -> None:
    own = EventSettings(targets={"purchase": 10, "cart": 3}, seen_types=("purchase",))
    events, night = event_frame(spark, visits("view", 9)), NightSettings(events=own)
    assert choose_targets(events, night) == {"purchase": 10.0, "cart": 3.0}
    assert choose_seen_types(events, {"purchase": 10.0}, night) == ("purchase",)


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ([("a", "purchase", 9), ("b", "purchase", 8), ("b", "view", 9.5)], ("purchase", "dislike", "hide")),
        ([("a", "purchase", 9), ("a", "purchase", 3)], ("dislike", "hide")),
        (
            [("a", "purchase", 9), ("b", "purchase", 8.1), ("b", "view", 8.2)],  # seen on the day itself only
            ("view", "click", "cart", "purchase", "rating", "play", "like", "dislike", "hide"),
        ),
    ],
)
def test_what_users_did_before_they_bought_decides_what_is_left_out(
    spark: SparkSession, came: list[tuple[str, str, float]], expected: tuple[str, ...]
) -> None:
    events = event_frame(spark, [event("u", item, kind, days) for item, kind, days in came])
    assert choose_seen_types(events, {"purchase": 1.0}, NIGHT) == expected


def test_an_item_is_not_viewed_again_by_a_list_and_papers_list_nothing_seen(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "a", "view", 9), event("u", "a", "view", 3), event("u", "a", "purchase", 2)])
    assert "view" in choose_seen_types(events, {"view": 1.0}, NIGHT)
    benchmark = NightSettings(split=SplitSettings(kind="leave_last_out"))
    assert "view" in choose_seen_types(events, {"purchase": 1.0}, benchmark)


def test_an_event_is_worth_what_its_type_is_as_an_answer(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "a", kind, 1) for kind in ("view", "cart", "purchase")])
    found = rows_of(events.withColumn("value", target_value({"purchase": 10.0, "cart": 3.0})), "event_type", "value")
    assert found == [("cart", 3.0), ("purchase", 10.0), ("view", 0.0)]
