from pyspark.sql import SparkSession

from tawny.core.config import NightSettings
from tawny.features.splits.leave_last_out import leave_last_out
from tawny.testing.frames import assert_rows, event, event_frame, split_of

EVENTS = [
    # b is the last item, though a came back before it; all of b's events go with it.
    event("repeats", "b", "view", 9, event_id="r1"),
    event("repeats", "c", "view", 8, event_id="r2"),
    event("repeats", "a", "view", 7, event_id="r3"),
    event("repeats", "b", "view", 6, event_id="r4"),
    event("two items", "a", "view", 9, event_id="t1"),
    event("two items", "b", "view", 8, event_id="t2"),
    event("two items", "a", "view", 7, event_id="t3"),
    # At one instant, the event_id decides.
    event("at once", "z", "view", 5, event_id="o1"),
    event("at once", "y", "view", 5, event_id="o2"),
    event("at once", "x", "view", 5, event_id="o3"),
]


def test_the_last_item_is_test_and_the_one_before_validation(spark: SparkSession) -> None:
    labelled = leave_last_out(event_frame(spark, EVENTS), split_of("leave_last_out"), NightSettings())
    expected = {
        "r1": "test", "r2": "fit", "r3": "validation", "r4": "test",
        "t1": "fit", "t2": "fit", "t3": "fit",
        "o1": "fit", "o2": "validation", "o3": "test",
    }  # fmt: skip
    assert_rows(labelled.select("event_id", "label"), "event_id label", expected.items())
