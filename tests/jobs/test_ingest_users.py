"""Users that are described, described again, and not described at all."""

from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from tawny.core.config import Env, NightSettings
from tawny.core.job import find_task
from tawny.core.run import Record, execute, open_run
from tawny.delta.spark_io import SparkLake
from tawny.tables.users import USERS, USERS_QUARANTINE
from tawny.testing.frames import rows_of


def new_lake(spark: SparkSession, root: Path) -> tuple[SparkLake, Env]:
    (root / "landing").mkdir()
    env = Env(root=str(root / "lake"), landing=str(root / "landing"))
    lake = SparkLake(env, session=lambda _: spark)
    lake.ensure([USERS, USERS_QUARANTINE])
    return lake, env


def ingest(lake: SparkLake, env: Env) -> Record:
    night = NightSettings()
    return execute(open_run(find_task("ingest_users", night), date(2024, 3, 1), env, night, lake), lambda record: None)


def test_attributes_are_replaced_and_rows_without_an_id_refused(spark: SparkSession, tmp_path: Path) -> None:
    lake, env = new_lake(spark, tmp_path)
    (tmp_path / "landing" / "u.user").write_text("1|24|M|technician|85711\n|53|F|other|94043\n")
    ingest(lake, env)
    (tmp_path / "landing" / "u.user").unlink()
    (tmp_path / "landing" / "users.jsonl").write_text('{"user_id": 1, "age": 25}\n{"user_id": 2}\n{"user_id": [3]}\n')
    record = ingest(lake, env)
    assert rows_of(lake.read(USERS, lake.version(USERS), ()), "user_id", "attributes") == [("1", {"age": "25"}), ("2", None)]
    quarantine: list[tuple[Any, ...]] = rows_of(
        lake.read(USERS_QUARANTINE, lake.version(USERS_QUARANTINE), ()), "reason", "detail", "raw", "source_line"
    )
    # The date's quarantine is of its last run.
    assert quarantine == [("wrong_type", "user_id=[3]", '{"user_id": [3]}', 3)]
    assert (record.rows_read, record.rows_written["users_v1"], record.n_quarantined) == ({"landing": 3}, 2, 1)
