from datetime import UTC, datetime, timedelta

import numpy as np
from pyspark.sql import SparkSession

from tawny.core.config import NightSettings, SplitSettings
from tawny.core.split import FoldSplit
from tawny.features.splits.global_time import global_time
from tawny.testing.frames import RUN_DAY, event, event_frame

NIGHT = NightSettings(split=SplitSettings(kind="global_time", test_share=0.2))


def test_a_share_cuts_at_the_quantiles_of_time(spark: SparkSession) -> None:
    days = np.random.default_rng(7).integers(1, 60, 101).tolist()
    plan = global_time(event_frame(spark, [event("u", "i", "view", d) for d in days]), NIGHT, ("view",), RUN_DAY)
    early, late = (RUN_DAY + timedelta(days=float(day)) for day in np.quantile(-np.array(days, float), [0.64, 0.8]))
    assert plan.folds["validation"] == FoldSplit(early, late, (early,))
    assert plan.folds["test"] == FoldSplit(late, RUN_DAY, (late,))
    assert plan.folds["serve"].mornings == (datetime(2024, 3, 1, tzinfo=UTC),)
    assert plan.reason.startswith("the last 20% of all events are test")
