from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tawny.features.item_features import item_features
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame

CATALOG = "item_index int, item_id string"
COLUMNS = "fold item_index n_events n_events_7d n_events_30d n_events_90d"


def test_events_of_an_item_are_counted_by_window_and_every_fold_has_every_item(spark: SparkSession) -> None:
    days = (7, 8, 30, 90, 91)
    events = event_frame(spark, [event("u", "a", "view", day) for day in days] + [event("v", "b", "like", 100)])
    serve = events.withColumns({"fold": F.lit("serve"), "cutoff_ts": F.lit(RUN_DAY)})
    test = serve.where("item_id = 'b'").withColumn("fold", F.lit("test"))
    catalog = frame(spark, CATALOG, (0, "a"), (1, "b"), (2, "c"))
    assert_rows(
        item_features(serve.union(test), catalog),
        COLUMNS,
        [
            ("serve", 0, 5, 1, 3, 4),
            ("serve", 1, 1, 0, 0, 0),
            ("serve", 2, 0, 0, 0, 0),
            ("test", 0, 0, 0, 0, 0),
            ("test", 1, 1, 0, 0, 0),
            ("test", 2, 0, 0, 0, 0),
            *[("validation", item, 0, 0, 0, 0) for item in range(3)],
        ],
    )
