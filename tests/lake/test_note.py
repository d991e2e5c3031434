"""Every commit says who made it, whichever engine wrote it and in whichever mode."""

from typing import Any

import pyarrow as pa
import pytest

from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import note_of

from .conftest import D1, NOTES, PEOPLE, SCORES

NOTE = {"run_id": "7f", "job": "rank", "run_date": "2020-01-01"}


def _of_run(note: dict[str, Any]) -> dict[str, Any]:
    """The note without what it says of the partition."""
    return {key: value for key, value in note.items() if key not in ("partition", "digest", "n_rows")}


@pytest.mark.parametrize("spec", [SCORES, NOTES], ids=lambda spec: spec.mode)
def test_a_commit_of_arrow_has_the_note_of_its_run(arrow_lake: ArrowLake, spec: TableSpec) -> None:
    constants: Any = {"run_date": D1} if spec is SCORES else {}
    before = arrow_lake.version(spec)
    arrow_lake.write(spec, pa.table({"key": ["a"], "n": [1]}), constants, "one", NOTE)
    arrow_lake.write(spec, pa.table({"key": ["a"], "n": [1]}), constants, "two")
    assert [_of_run(note_of(commit)) for commit in arrow_lake.commits_since(spec, before)] == [
        {"app_id": "two"},
        {"app_id": "one", **NOTE},
    ]


@pytest.mark.parametrize("spec", [SCORES, PEOPLE, NOTES], ids=lambda spec: spec.mode)
def test_a_commit_of_spark_has_the_note_of_its_run(spark: Any, spark_lake: Any, spec: TableSpec) -> None:
    frame = spark.createDataFrame([("a", 1)], "key string, n int")
    if spec is PEOPLE:
        frame = frame.selectExpr("key", "n", "CAST(NULL AS map<string,string>) AS tags")
    before = spark_lake.version(spec)
    spark_lake.write(spec, frame, {"run_date": D1} if spec is SCORES else {}, "one", NOTE)
    (note,) = [note_of(commit) for commit in spark_lake.arrow.commits_since(spec, before)]
    assert len(note.pop("write")) == 32
    assert _of_run(note) == {"app_id": "one", **NOTE}
    described = spark.sql(f"DESCRIBE HISTORY delta.`{spark_lake.arrow.path(spec)}`").first()
    assert '"run_id": "7f"' in described["userMetadata"]
