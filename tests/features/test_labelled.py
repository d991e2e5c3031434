from datetime import timedelta

from pyspark.sql import SparkSession

from tawny.core.config import SplitSettings
from tawny.features.folds import age_days, judged_on, learned_from
from tawny.splits.global_time import label
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, rows_of


def test_each_fold_learns_from_the_labels_before_its_own_and_counts_ages_to_its_cutoff(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", "view", days) for days in (25.5, 15, 5)])
    labelled = label(events.select("event_id", "event_ts"), SplitSettings(horizon_days=10), RUN_DAY)
    early, late = RUN_DAY - timedelta(days=20), RUN_DAY - timedelta(days=10)
    assert_rows(
        learned_from(labelled).withColumn("age", age_days()).drop("event_ts"),
        "event_id fold cutoff_ts age",
        [
            ("e0", "validation", early, 5.5),
            ("e0", "test", late, 15.5),
            ("e0", "serve", RUN_DAY, 25.5),
            ("e1", "test", late, 5.0),
            ("e1", "serve", RUN_DAY, 15.0),
            ("e2", "serve", RUN_DAY, 5.0),
        ],
    )
    assert rows_of(judged_on(labelled), "event_id", "fold") == [("e1", "validation"), ("e2", "test")]
