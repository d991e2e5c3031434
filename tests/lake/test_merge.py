"""A merge reads the partitions of its own rows, and no files of others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tawny.core.table import Column, TableSpec

DEEDS = TableSpec(
    name="deeds_v1",
    doc="A table whose key decides the whole row, its partition too.",
    columns={
        "id": Column("string", "the key"),
        "day": Column("date", "decided by the key"),
        "shop": Column("string", "decided by the key"),
    },
    key=("id",),
    mode="merge_by_key",
    partition_by=("day", "shop"),
    is_immutable=True,
)
Rows = list[tuple[str, int, str]]


@pytest.fixture
def merge(spark: Any, spark_lake: Any) -> Callable[..., Any]:
    spark_lake.ensure([DEEDS])

    def run(*rows: tuple[str, int, str], spec: TableSpec = DEEDS) -> Any:
        values = [(one, date(2020, 1, n), shop) for one, n, shop in rows]
        return spark_lake.write(spec, spark.createDataFrame(values, "id string, day date, shop string"), {}, "id")

    return run


@pytest.fixture
def found(spark_lake: Any) -> Callable[[], Rows]:
    def read() -> Rows:
        rows = spark_lake.arrow.read(DEEDS, spark_lake.version(DEEDS), ()).to_pylist()
        return sorted((row["id"], row["day"].day, row["shop"]) for row in rows)

    return read


def lose(lake: Any, n: int, shop: str) -> None:
    """Remove the files of a partition from the disk, so that whoever reads them fails."""
    files = DeltaTable(lake.arrow.path(DEEDS)).file_uris(
        file_pruning_predicate=[("day", "=", f"2020-01-{n:02}"), ("shop", "=", shop)]
    )
    assert files
    for file in files:
        Path(file.removeprefix("file://")).unlink()


def test_files_of_other_partitions_are_not_read(merge: Any, spark_lake: Any) -> None:
    merge(("a", 1, "x"), ("b", 2, "x"), ("c", 2, "it's"))
    lose(spark_lake, 1, "x")
    lose(spark_lake, 2, "x")
    assert merge(("c", 2, "it's"), ("d", 2, "it's"), ("e", 3, "it's")).n_rows == 2
    with pytest.raises(Exception, match=r"(?i)file.*(not exist|not found|missing)"):
        merge(("f", 1, "x"))


def test_no_match_is_missed_and_nothing_is_rewritten(merge: Any, spark_lake: Any, found: Any) -> None:
    merge(("a", 1, "x"), ("b", 2, "x"), ("c", 3, "y"))
    before = set(DeltaTable(spark_lake.arrow.path(DEEDS)).file_uris())
    assert merge(("a", 1, "x"), ("b", 2, "x"), ("d", 2, "x"), ("e", 9, "y")).n_rows == 2
    assert found() == [("a", 1, "x"), ("b", 2, "x"), ("c", 3, "y"), ("d", 2, "x"), ("e", 9, "y")]
    assert before < set(DeltaTable(spark_lake.arrow.path(DEEDS)).file_uris())
    assert merge(("a", 1, "x"), ("c", 3, "y")).n_rows == 0
    assert merge().n_rows == 0


def test_of_many_partitions_the_first_and_the_last_are_named(
    merge: Any, spark_lake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tawny.lake.spark._MAX_PARTITIONS", 2)
    merge(("a", 1, "x"), ("b", 5, "x"), ("c", 9, "x"))
    lose(spark_lake, 9, "x")
    assert merge(("d", 2, "x"), ("e", 4, "x"), ("b", 5, "x")).n_rows == 2
    files = pa.table(DeltaTable(spark_lake.arrow.path(DEEDS)).get_add_actions(flatten=True))
    assert sorted(files["min.id"].to_pylist()) == ["a", "b", "c", "d", "e"]


def test_where_the_key_does_not_decide_the_partition_all_are_read(merge: Any, found: Any) -> None:
    movable = replace(DEEDS, is_immutable=False)
    merge(("a", 1, "x"))
    assert merge(("a", 2, "x"), spec=movable).n_rows == 1
    assert found() == [("a", 2, "x")]
