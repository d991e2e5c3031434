"""Users that are described, and described again."""

from pathlib import Path

from pyspark.sql import SparkSession

from tawny.tables.users import USERS, USERS_QUARANTINE

from .small_lake import new_lake


def test_attributes_are_replaced_and_rows_without_an_id_refused(spark: SparkSession, tmp_path: Path) -> None:
    lake = new_lake(spark, tmp_path)
    (lake.landing / "u.user").write_text("1|24|M|technician|85711\n|53|F|other|94043\n")
    lake.run("ingest_users")
    (lake.landing / "u.user").unlink()
    (lake.landing / "users.jsonl").write_text('{"user_id": 1, "age": 25}\n{"user_id": 2}\n{"user_id": [3]}\n')
    record = lake.run("ingest_users")
    assert lake.values(USERS, "user_id", "attributes") == [("1", {"age": "25"}), ("2", None)]
    # The quarantine of a date is that of its last run.
    assert lake.values(USERS_QUARANTINE, "reason", "detail", "raw", "source_line") == [
        ("wrong_type", "user_id=[3]", '{"user_id": [3]}', 3)
    ]
    assert (record.rows_read, record.rows_written["users_v1"], record.n_quarantined) == ({"landing": 3}, 2, 1)
