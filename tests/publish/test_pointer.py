"""The pointer moves forward, and only forward."""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tawny.publish.pointer import moved

D1, D2, D3 = date(1998, 4, 1), date(1998, 4, 2), date(1998, 4, 3)
_SCHEMA = "list string, run_date date, previous_run_date date, model_version string"


@pytest.mark.parametrize(
    ("now", "day", "expected"),
    [
        ([], D2, ("main", D2, None, "new")),
        ([("main", D1, None, "old")], D2, ("main", D2, D1, "new")),
        ([("main", D2, D1, "old")], D2, ("main", D2, D1, "new")),
        ([("main", D3, D1, "old")], D2, ("main", D3, D1, "old")),
    ],
    ids=["the first night", "the next night", "the same night again", "a backfill of an older date"],
)
def test_where_the_pointer_goes(spark: SparkSession, now: list[Any], day: date, expected: tuple[Any, ...]) -> None:
    lists = spark.createDataFrame([("new",)], "model_version string")
    rows = moved(spark.createDataFrame(now, _SCHEMA), lists, day).collect()
    assert [tuple(row) for row in rows] == [expected]
