import math

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.features.item_features import item_features
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame

CATALOG = "item_index int, item_id string, categories array<string>, price double"
COLUMNS = (
    "fold item_index item_id n_events n_users n_events_7d n_events_30d n_events_90d trend age_days category price_bucket "
    "mean_rating"
)


def trend(week: int, month: int) -> float:
    return math.log(((week + 1) / 7) / ((month + 30 / 7) / 30))


def test_items_are_counted_by_window_and_their_ratings_shrunk_to_the_mean_of_the_fold(spark: SparkSession) -> None:
    events = event_frame(
        spark,
        [
            event("u", "a", "rating", 7, value=5.0),
            event("u", "a", "view", 8),
            event("v", "a", "rating", 30, value=4.0),
            event("v", "a", "view", 90),
            event("v", "a", "view", 91),
            event("v", "b", "rating", 100, value=0.0),
        ],
    ).withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)})
    items = frame(spark, CATALOG, (0, "a", ["drama", "war"], 9.0), (1, "b", [], 1.0), (2, "c", ["war"], None))
    found = item_features(events, items, 2.0).where("fold = 'serve'")
    mean = 3.0
    assert_rows(
        found,
        COLUMNS,
        [
            ("serve", 0, "a", 5, 2, 1, 3, 4, trend(1, 3), 91.0, "drama", 5, (9 + 2 * mean) / 4),
            ("serve", 1, "b", 1, 1, 0, 0, 0, trend(0, 0), 100.0, None, 0, (0 + 2 * mean) / 3),
            ("serve", 2, "c", 0, 0, 0, 0, 0, 0.0, None, "war", None, mean),
        ],
    )


def test_every_fold_has_every_item_and_no_mean_where_nothing_was_rated(spark: SparkSession) -> None:
    events = event_frame(spark, []).withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)})
    items = frame(spark, CATALOG, (0, "a", [], None))
    rows = [(fold, 0, "a", 0, 0, 0, 0, 0, 0.0, None, None, None, None) for fold in ("validation", "test", "serve")]
    assert_rows(item_features(events, items, 2.0), COLUMNS, rows)


def test_equal_prices_share_a_bucket_of_ten(spark: SparkSession) -> None:
    prices = [1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0, None]
    items = frame(spark, CATALOG, *((place, f"i{place:02}", [], price) for place, price in enumerate(prices)))
    events = event_frame(spark, []).withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)})
    found = item_features(events, items, 2.0).where("fold = 'test'").select("item_index", "price_bucket")
    assert_rows(found, "item_index price_bucket", enumerate([0, 0, 0, 3, 4, 4, 6, 7, 8, 9, None]))
