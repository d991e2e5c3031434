"""Users that are described, and described again."""

from pathlib import Path

from pyspark.sql import SparkSession

from tawny.core.columns import ALWAYS
from tawny.tables.users import USERS, USERS_QUARANTINE

from .small_lake import RUN_DATE, new_lake


def test_later_attributes_go_beside_earlier_ones_and_no_refused_row_is_lost(spark: SparkSession, tmp_path: Path) -> None:
    lake = new_lake(spark, tmp_path)
    (lake.landing / "u.user").write_text("1|24|M|technician|85711\n|53|F|other|94043\n")
    lake.run("ingest_users")
    (lake.landing / "u.user").unlink()
    (lake.landing / "users.jsonl").write_text('{"user_id": 1, "age": 25}\n{"user_id": 2}\n{"user_id": [3]}\n')
    record = lake.run("ingest_users")
    first = {"age": "24", "gender": "M", "occupation": "technician", "zip_code": "85711"}
    assert lake.values(USERS, "user_id", "known_from", "attributes") == [
        ("1", ALWAYS, first), ("1", RUN_DATE, {"age": "25"}), ("2", RUN_DATE, None),
    ]  # fmt: skip
    assert lake.values(USERS_QUARANTINE, "reason", "detail", "raw", "source_file", "source_line") == [
        ("missing_value", "user_id=", "|53|F|other|94043", "u.user", 2),
        ("wrong_type", "user_id=[3]", '{"user_id": [3]}', "users.jsonl", 3),
    ]
    assert (record.rows_read, record.rows_written["users_v2"], record.n_quarantined) == ({"landing": 3}, 2, 1)
