"""Items that are described, described again, and not described at all."""

from pathlib import Path

from pyspark.sql import SparkSession

from tawny.core.columns import ALWAYS
from tawny.tables.items import ITEMS, ITEMS_QUARANTINE

from .small_lake import RUN_DATE, new_lake

COLUMNS = ("item_id", "known_from", "title", "categories", "price")
REFUSED_COLUMNS = ("reason", "detail", "raw", "source_file", "source_line")


def test_a_later_description_goes_beside_an_earlier_one_and_others_stay(spark: SparkSession, tmp_path: Path) -> None:
    lake = new_lake(spark, tmp_path)
    file = lake.landing / "items.csv"
    file.write_text("item_id,title,categories,price\n1,One,a|b,1.5\n2,Two,,-3\n3,Three,,\n3,Third,c,\n")
    record = lake.run("ingest_items")
    first = [("1", ALWAYS, "One", ["a", "b"], 1.5), ("3", ALWAYS, "Third", ["c"], None)]
    assert lake.values(ITEMS, *COLUMNS) == first
    assert lake.values(ITEMS_QUARANTINE, *REFUSED_COLUMNS) == [
        ("out_of_range", "price=-3.0", "2,Two,,-3", "items.csv", 3),
        ("superseded", "described again at items.csv:5", "3,Three,,", "items.csv", 4),
    ]
    assert (record.rows_read, record.rows_written["items_v2"], record.n_quarantined) == ({"landing": 4}, 2, 2)

    file.write_text("item_id,title,categories,price\n1,One more,,2\n3,Third,c,\n")
    record = lake.run("ingest_items")
    # What is known of item 3 already adds no row.
    assert lake.values(ITEMS, *COLUMNS) == [first[0], ("1", RUN_DATE, "One more", None, 2.0), first[1]]
    assert record.rows_written["items_v2"] == 1


def test_a_landing_folder_without_items_leaves_the_table_as_it_is(spark: SparkSession, tmp_path: Path) -> None:
    lake = new_lake(spark, tmp_path)
    record = lake.run("ingest_items")
    assert (lake.rows(ITEMS), lake.rows(ITEMS_QUARANTINE)) == ([], [])
    assert (record.status, record.rows_read) == ("succeeded", {"landing": 0})
