from datetime import timedelta

import numpy as np
from pyspark.sql import SparkSession

from tawny.core.config import SplitSettings
from tawny.features.splits.global_time import global_time
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, rows_of

MICROSECOND = 1e-6 / 86400


def test_an_event_at_the_start_of_a_window_belongs_to_it(spark: SparkSession) -> None:
    days = [20 + MICROSECOND, 20, 10 + MICROSECOND, 10, MICROSECOND]
    events = event_frame(spark, [event("u", "i", "view", d) for d in days])
    labelled = global_time(events, SplitSettings(horizon_days=10), RUN_DAY)
    cutoffs = {"validation": RUN_DAY - timedelta(days=20), "test": RUN_DAY - timedelta(days=10), "serve": RUN_DAY}
    expected = ["fit", "validation", "validation", "test", "test"]
    assert_rows(
        labelled.select("event_id", "label", "cutoffs"),
        "event_id label cutoffs",
        [(f"e{place}", split, cutoffs) for place, split in enumerate(expected)],
    )


def test_a_share_cuts_at_the_quantiles_of_time(spark: SparkSession) -> None:
    days = np.random.default_rng(7).integers(1, 60, 101).tolist()
    events = event_frame(spark, [event("u", "i", "view", d) for d in days])
    found = rows_of(global_time(events, SplitSettings(test_share=0.2), RUN_DAY), "event_id", "label")
    times = -np.array(days, float)
    early, late = np.quantile(times, [0.64, 0.8])
    expected = ["fit" if t < early else "validation" if t < late else "test" for t in times]
    assert found == sorted((f"e{place}", split) for place, split in enumerate(expected))
