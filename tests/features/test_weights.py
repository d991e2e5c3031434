from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TYPES
from tawny.core.config import EventSettings
from tawny.features.weights import decayed_weight, event_weight, is_seen, relation
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame


def test_a_weight_that_is_set_leaves_the_other_defaults() -> None:
    settings = EventSettings.model_validate({"weights": {"purchase": 10}})
    assert settings.weights == EventSettings().weights | {"purchase": 10.0}


def test_weights_go_by_type_and_low_ratings_count_against(spark: SparkSession) -> None:
    events = event_frame(
        spark,
        [
            event("u", "i", "cart", 1, value=1.0),
            event("u", "i", "hide", 1),
            event("u", "i", "rating", 1, value=2.0),
            event("u", "i", "rating", 1, value=3.0),
            event("u", "i", "rating", 1),
        ],
    )
    weights = events.select(
        "event_id", event_weight(EventSettings()).alias("w"), event_weight(EventSettings(min_rating=3)).alias("m")
    )
    assert_rows(weights, "event_id w m", [("e0", 2, 2), ("e1", -1, -1), ("e2", 1, -1), ("e3", 1, 1), ("e4", 1, 1)])


def test_a_weight_halves_with_every_half_life(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", "purchase", days) for days in (15, 30, 60)])
    settings = EventSettings(half_life_days=30)
    found = events.withColumn("as_of_ts", F.lit(RUN_DAY)).select("event_id", decayed_weight(settings).alias("w"))
    assert_rows(found, "event_id w", [("e0", 4 * 0.70710678), ("e1", 2), ("e2", 1)])


def test_what_was_seen_is_forbidden_by_type_and_age(spark: SparkSession) -> None:
    kinds = [("view", 100.0), ("purchase", 30.0), ("purchase", 30.00001), ("impression", 1.0)]
    events = event_frame(spark, [event("u", "i", kind, days) for kind, days in kinds])
    grocer = EventSettings(seen_max_age_days={"purchase": 30})
    found = events.withColumn("as_of_ts", F.lit(RUN_DAY)).select(
        "event_id", is_seen(EventSettings(), EVENT_TYPES[1:]).alias("shop"), is_seen(grocer, ("purchase",)).alias("grocer")
    )
    expected = [("e0", True, False), ("e1", True, True), ("e2", True, False), ("e3", False, False)]
    assert_rows(found, "event_id shop grocer", expected)


def test_the_relation_is_the_sum_unless_a_refusal_came_last(spark: SparkSession) -> None:
    cases = {
        "view view purchase": 6,
        "cart hide": -1,
        "hide cart": 1,
        "hide dislike view": -1,
        "purchase dislike impression": -1,
        "impression": 0,
    }
    days = [(case, kind, 10 - place) for case in cases for place, kind in enumerate(case.split())]
    at_once = [event("at once, the refusal counts as the later", "i", kind, 1) for kind in ("hide", "purchase")]
    events = event_frame(spark, [event(case, "i", kind, day) for case, kind, day in days] + at_once)
    weighed = (
        events.withColumn("w", event_weight(EventSettings())).groupBy("user_id").agg(relation(F.col("w")).alias("relation"))
    )
    assert_rows(weighed, "user_id relation", [*cases.items(), ("at once, the refusal counts as the later", -1)])
