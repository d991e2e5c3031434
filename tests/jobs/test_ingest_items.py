"""Items that are described, described again, and not described at all."""

from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from tawny.core.config import Env, NightSettings
from tawny.core.job import find_task
from tawny.core.run import Record, execute, open_run
from tawny.delta.spark_io import SparkLake
from tawny.tables.items import ITEMS, ITEMS_QUARANTINE
from tawny.testing.frames import rows_of


def new_lake(spark: SparkSession, root: Path) -> tuple[SparkLake, Env]:
    (root / "landing").mkdir()
    env = Env(root=str(root / "lake"), landing=str(root / "landing"))
    lake = SparkLake(env, session=lambda _: spark)
    lake.ensure([ITEMS, ITEMS_QUARANTINE])
    return lake, env


def ingest(lake: SparkLake, env: Env) -> Record:
    night = NightSettings()
    return execute(open_run(find_task("ingest_items", night), date(2024, 3, 1), env, night, lake), lambda record: None)


def held(lake: SparkLake) -> list[tuple[Any, ...]]:
    return rows_of(lake.read(ITEMS, lake.version(ITEMS), ()), "item_id", "title", "categories", "price")


def refused(lake: SparkLake) -> list[tuple[Any, ...]]:
    found = lake.read(ITEMS_QUARANTINE, lake.version(ITEMS_QUARANTINE), ())
    return rows_of(found, "reason", "detail", "raw", "source_file", "source_line")


def test_a_later_description_replaces_an_earlier_one_and_others_stay(spark: SparkSession, tmp_path: Path) -> None:
    lake, env = new_lake(spark, tmp_path)
    file = tmp_path / "landing" / "items.csv"
    file.write_text("item_id,title,categories,price\n1,One,a|b,1.5\n2,Two,,-3\n3,Three,,\n3,Third,c,\n")
    record = ingest(lake, env)
    assert held(lake) == [("1", "One", ["a", "b"], 1.5), ("3", "Third", ["c"], None)]
    assert refused(lake) == [
        ("out_of_range", "price=-3.0", "2,Two,,-3", "items.csv", 3),
        ("superseded", "described again at items.csv:5", "3,Three,,", "items.csv", 4),
    ]
    assert (record.rows_read, record.rows_written["items_v1"], record.n_quarantined) == ({"landing": 4}, 2, 2)

    file.write_text("item_id,title,price\n1,One more,2\n")
    ingest(lake, env)
    assert held(lake) == [("1", "One more", None, 2.0), ("3", "Third", ["c"], None)]


def test_a_landing_folder_without_items_leaves_the_table_as_it_is(spark: SparkSession, tmp_path: Path) -> None:
    lake, env = new_lake(spark, tmp_path)
    record = ingest(lake, env)
    assert (held(lake), refused(lake), record.status, record.rows_read) == ([], [], "succeeded", {"landing": 0})
