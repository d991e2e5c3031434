from datetime import date, timedelta

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from tawny.core.columns import ALWAYS
from tawny.features.catalog import catalog, with_item_index
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame

ITEMS = "item_id string, known_from date, title string, categories array<string>, price double"
TODAY = RUN_DAY.date()


def test_items_from_both_tables_are_numbered_by_id(spark: SparkSession) -> None:
    items = frame(
        spark, ITEMS,
        ("10", ALWAYS, "Ten", ["b", "a", "b", "", None], 2.5),
        ("blocked", ALWAYS, None, None, None),
    )  # fmt: skip
    events = event_frame(spark, [event("u", "9", "view", 1), event("v", "10", "view", 2), event("u", "10", "view", 1)])
    day = timedelta(days=1)
    assert_rows(
        catalog(items, events, RUN_DAY, ["blocked", "nowhere"]),
        "item_index item_id title categories price first_event_ts is_blocked",
        [
            (0, "10", "Ten", ["a", "b"], 2.5, RUN_DAY - 2 * day, False),
            (1, "9", None, [], None, RUN_DAY - day, False),
            (2, "blocked", None, [], None, None, True),
        ],
    )


def test_an_item_is_described_as_it_was_known_on_the_day_of_the_run(spark: SparkSession) -> None:
    def described(item_id: str, known_from: date, title: str | None) -> tuple[object, ...]:
        return (item_id, known_from, title, [str(title)], 1.0)

    tomorrow, yesterday = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
    items = frame(
        spark, ITEMS,
        described("a", yesterday, "new"), described("a", ALWAYS, "old"), described("a", tomorrow, "newer"),
        described("b", TODAY, None), described("b", ALWAYS, "old"),
        described("later", tomorrow, "later"),
    )  # fmt: skip
    found = catalog(items, event_frame(spark, []), RUN_DAY).select("item_index", "item_id", "title", "categories")
    expected = [(0, "a", "new", ["new"]), (1, "b", None, ["None"])]
    assert_rows(found, "item_index item_id title categories", expected)


def test_an_item_that_is_not_in_the_catalog_is_refused(spark: SparkSession) -> None:
    catalog_v2 = frame(spark, "item_id string, item_index int", ("a", 0))
    with pytest.raises(PySparkException, match=r"it must have every item of an event\. Received: late\. Run build_catalog"):
        with_item_index(frame(spark, "item_id string", ("a",), ("late",)), catalog_v2).collect()
