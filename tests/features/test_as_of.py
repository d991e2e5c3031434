from datetime import date, timedelta

from pyspark.sql import SparkSession

from tawny.core.columns import ALWAYS
from tawny.features.as_of import as_of, newest
from tawny.testing.frames import RUN_DAY, assert_rows, frame

ITEMS = "item_id string, known_from date, title string, price double"
CUTOFFS = "fold string, cutoff_ts timestamp"
MONDAY, TUESDAY = date(2024, 2, 5), date(2024, 2, 6)
DAY = timedelta(days=1)


def test_the_newest_description_counts_as_a_whole(spark: SparkSession) -> None:
    items = frame(
        spark,
        ITEMS,
        ("a", TUESDAY, None, 2.0),
        ("a", MONDAY, "A", 1.0),
        ("a", ALWAYS, "old", None),
        ("b", MONDAY, "B", None),
    )
    assert_rows(newest(items, "item_id"), "item_id title price", [("a", None, 2.0), ("b", "B", None)])


def test_a_fold_knows_the_descriptions_up_to_the_day_of_its_cutoff(spark: SparkSession) -> None:
    items = frame(spark, ITEMS, ("a", ALWAYS, "old", 1.0), ("a", TUESDAY, "new", None), ("b", TUESDAY, "B", 3.0))
    noon = RUN_DAY.replace(month=2, day=6, hour=12)
    cutoffs = frame(
        spark, CUTOFFS, ("validation", noon - DAY), ("test", noon.replace(hour=0)), ("serve", noon), ("none", None)
    )
    expected = [
        ("validation", "a", "old", 1.0),
        ("test", "a", "new", None),
        ("test", "b", "B", 3.0),
        ("serve", "a", "new", None),
        ("serve", "b", "B", 3.0),
    ]
    assert_rows(as_of(items, cutoffs, "item_id"), "fold item_id title price", expected)
