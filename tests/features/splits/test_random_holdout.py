import numpy as np
from pyspark.sql import SparkSession

from tawny.core.config import NightSettings, SplitSettings
from tawny.features.splits.random_holdout import random_holdout
from tawny.testing.frames import event, event_frame, rows_of, split_of

NIGHT = NightSettings(split=SplitSettings(kind="random_holdout", test_share=0.25))


def test_a_share_of_each_users_items_is_held_out_with_all_events_of_the_item(spark: SparkSession) -> None:
    came = [event(f"u{n % 40}", f"i{n}", kind, 1) for n in range(1600) for kind in ("view", "cart")]
    found = rows_of(random_holdout(event_frame(spark, came), split_of("random_holdout"), NIGHT), "item_id", "label")
    labels = {item: {label for other, label in found if other == item} for item in ("i0", "i1", "i1599")}
    assert all(len(own) == 1 for own in labels.values())
    counted = dict(zip(*np.unique([label for _, label in found], return_counts=True), strict=True))
    # Of 1,600 pairs a quarter is test, and a quarter of the rest validation; within four standard deviations.
    assert np.isclose(counted["test"] / 2, 400, atol=70)
    assert np.isclose(counted["validation"] / 2, 300, atol=62)
