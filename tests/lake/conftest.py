"""Made-up tables, one per write mode, and lakes that hold them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tawny.core.config import Env
from tawny.core.table import Column, TableSpec
from tawny.lake.arrow import ArrowLake

D1, D2 = date(2020, 1, 1), date(2020, 1, 2)
SCORES = TableSpec(
    name="scores_v1",
    doc="A table that is replaced by partition.",
    columns={
        "run_date": Column("date", "the run"),
        "key": Column("string", "key"),
        "n": Column("int", "a number", nullable=True),
    },
    key=("run_date", "key"),
    mode="replace_partition",
    partition_by=("run_date",),
    checks={"n_is_small": "n IS NULL OR n < 100"},
)
PEOPLE = TableSpec(
    name="people_v1",
    doc="A table that is merged by key.",
    columns={
        "key": Column("string", "key"),
        "n": Column("int", "a number", nullable=True),
        "tags": Column("map<string,string>", "a column that cannot be compared", nullable=True),
    },
    key=("key",),
    mode="merge_by_key",
    checks={"n_is_small": "n IS NULL OR n < 100"},
)
NOTES = TableSpec(
    name="notes_v1",
    doc="A table that is appended to.",
    columns={"key": Column("string", "key"), "n": Column("int", "a number")},
    key=("key",),
    mode="append_once",
)
LISTS = TableSpec(
    name="lists_v1",
    doc="A table whose partitions are named by what they hold.",
    columns={
        "run_date": Column("date", "the run"),
        "list_id": Column("string", "digest"),
        "key": Column("string", "key"),
        "n": Column("int", "a number", nullable=True),
    },
    key=("run_date", "list_id", "key"),
    mode="replace_partition",
    partition_by=("run_date", "list_id"),
    id_column="list_id",
)
POINTERS = TableSpec(
    name="pointers_v1",
    doc="A small table that is replaced whole, if it is as it was read.",
    columns={"key": Column("string", "key"), "n": Column("int", "a number")},
    key=("key",),
    mode="compare_and_set",
)


@pytest.fixture
def arrow_lake(lake_root: Path) -> ArrowLake:
    """A lake in which the three tables are there and empty."""
    lake = ArrowLake(str(lake_root))
    lake.ensure([SCORES, PEOPLE, NOTES, LISTS, POINTERS])
    return lake


@pytest.fixture
def spark_lake(spark: Any, env: Env) -> Any:
    """The same as a Spark lake."""
    from tawny.lake.spark import SparkLake

    lake = SparkLake(env, session=lambda _: spark, few_rows=0)
    lake.ensure([SCORES, PEOPLE, NOTES, LISTS, POINTERS])
    return lake


@pytest.fixture
def rows(lake_root: Path) -> Callable[[TableSpec], list[dict[str, Any]]]:
    """All rows of a table's newest version, ordered by key, read without a JVM."""

    def read(spec: TableSpec) -> list[dict[str, Any]]:
        lake = ArrowLake(str(lake_root))
        table: pa.Table = lake.read(spec, lake.version(spec), ())
        found: list[dict[str, Any]] = table.sort_by([(key, "ascending") for key in spec.key]).to_pylist()
        return found

    return read
