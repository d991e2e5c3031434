from datetime import timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.config import EventRules
from tawny.features.interactions import interactions
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame


def test_events_of_a_pair_are_weighed_decayed_and_combined(spark: SparkSession) -> None:
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
    numbers = frame(spark, "item_id string, item_index int", ("a", 3), ("b", 5))
    rules = EventRules(half_life_days=10, min_rating=2, seen_max_age_days={"purchase": 5, "view": 15})

    def days_ago(days: int) -> object:
        return RUN_DAY - timedelta(days=days)

    assert_rows(
        interactions(serve.union(test), numbers, rules),
        "fold user_id item_id item_index weight n_events first_ts last_ts is_seen",
        [
            # 1 / 4 + 4 / 2; both events are too old for the seen rule.
            ("serve", "u", "a", 3, 2.25, 2, days_ago(20), days_ago(10), False),
            ("serve", "u", "b", 5, -0.5, 2, days_ago(40), days_ago(10), True),
            ("serve", "v", "a", 3, 0.0, 1, days_ago(30), days_ago(30), True),
            ("test", "u", "a", 3, 0.5, 1, days_ago(20), days_ago(20), True),
        ],
    )
