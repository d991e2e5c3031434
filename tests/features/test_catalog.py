from datetime import datetime, timedelta

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from tawny.features.catalog import catalog, with_item_index
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame

ITEMS = (
    "item_id string, title string, categories array<string>, price double, "
    "available_from timestamp, available_until timestamp"
)


def test_items_from_both_tables_are_numbered_by_id_and_available_within_their_bounds(spark: SparkSession) -> None:
    def item(item_id: str, start: datetime | None, end: datetime | None) -> tuple[object, ...]:
        return (item_id, None, None, None, start, end)

    second = timedelta(seconds=1)
    items = frame(
        spark, ITEMS,
        ("10", "Ten", ["b", "a", "b", "", None], 2.5, None, None),
        item("starts now", RUN_DAY, None),
        item("starts later", RUN_DAY + second, None),
        item("ended now", None, RUN_DAY),
        item("ends later", None, RUN_DAY + second),
        item("blocked", None, None),
    )  # fmt: skip
    events = event_frame(spark, [event("u", "9", "view", 1), event("v", "10", "view", 1)])
    assert_rows(
        catalog(items, events, RUN_DAY, ["blocked", "nowhere"]),
        "item_index item_id title categories price is_available",
        [
            (0, "10", "Ten", ["a", "b"], 2.5, True),
            (1, "9", None, [], None, True),
            (2, "blocked", None, [], None, False),
            (3, "ended now", None, [], None, False),
            (4, "ends later", None, [], None, True),
            (5, "starts later", None, [], None, False),
            (6, "starts now", None, [], None, True),
        ],
    )


def test_an_item_that_is_not_in_the_catalog_is_refused(spark: SparkSession) -> None:
    catalog_v1 = frame(spark, "item_id string, item_index int", ("a", 0))
    with pytest.raises(PySparkException, match=r"it must have every item of an event\. Received: late\. Run build_catalog"):
        with_item_index(frame(spark, "item_id string", ("a",), ("late",)), catalog_v1).collect()
