from datetime import timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.features.user_features import category_shares, event_counts, user_features
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame

HOUR = 1 / 24


def hours(**shares: float) -> list[float]:
    return [shares.get(f"h{hour}", 0.0) for hour in range(24)]


def test_events_are_counted_by_window_type_and_hour_as_of_each_folds_cutoff(spark: SparkSession) -> None:
    events = event_frame(
        spark,
        [
            event("u", "a", "view", 7),
            event("u", "a", "view", 7 + HOUR),
            event("u", "b", "rating", 30, value=4.0),
            event("u", "c", "rating", 31, value=1.0),
            event("u", "c", "purchase", 40, value=99.0),
            event("v", "c", "rating", 2),
        ],
    )
    serve = events.withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)})
    test = serve.where("event_id = 'e3'").withColumns(
        {"fold": F.lit("test"), "cutoff_ts": F.lit(RUN_DAY - timedelta(days=29))}
    )
    assert_rows(
        event_counts(serve.union(test)),
        "fold user_id n_events n_events_7d n_events_30d n_by_type recency_days tenure_days hour_shares mean_value",
        [
            ("serve", "u", 5, 1, 3, {"view": 2, "rating": 2, "purchase": 1}, 7.0, 40.0, hours(h0=0.8, h23=0.2), 2.5),
            ("serve", "v", 1, 1, 1, {"rating": 1}, 2.0, 2.0, hours(h0=1.0), None),
            ("test", "u", 1, 1, 1, {"rating": 1}, 2.0, 2.0, hours(h0=1.0), 1.0),
        ],
    )


def test_category_shares_divide_an_items_weight_among_its_categories(spark: SparkSession) -> None:
    pairs = frame(
        spark,
        "fold string, user_id string, item_index int, weight float",
        ("serve", "u", 0, 3.0),
        ("serve", "u", 1, 2.0),
        ("serve", "u", 2, 5.0),
        ("serve", "u", 3, -1.0),
        ("serve", "only refused", 0, -1.0),
    )
    items = frame(
        spark, "item_index int, categories array<string>", (0, ["drama"]), (1, ["crime", "drama"]), (2, []), (3, ["crime"])
    )
    expected = [("serve", "u", {"crime": 0.2, "drama": 0.8})]
    assert_rows(category_shares(pairs, items), "fold user_id category_shares", expected)


def test_a_user_without_events_has_zeros_and_nulls(spark: SparkSession) -> None:
    known = frame(spark, "fold string, user_id string", ("serve", "new"))
    counts = event_counts(event_frame(spark, []).withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)}))
    shares = frame(spark, "fold string, user_id string, category_shares map<string,float>")
    assert_rows(
        user_features(known, counts, shares),
        "fold user_id n_events n_events_7d n_events_30d n_by_type recency_days tenure_days category_shares hour_shares "
        "mean_value",
        [("serve", "new", 0, 0, 0, {}, None, None, {}, hours(), None)],
    )
