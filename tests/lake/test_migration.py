"""A table that is there already is brought to its declaration, or the difference is refused with the way out."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tawny.core.errors import CheckError, SchemaError
from tawny.core.table import Column, TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.tables.registry import all_tables

from .conftest import D1, D2, NOTES, SCORES

Rows = Callable[[TableSpec], list[dict[str, Any]]]
A = pa.table({"key": ["a"], "n": pa.array([5], pa.int32())})


@pytest.fixture
def lake(arrow_lake: ArrowLake) -> ArrowLake:
    """A lake whose scores_v1 has one row: D1, a, 5."""
    arrow_lake.write(SCORES, A, {"run_date": D1}, "id")
    return arrow_lake


def _metadata(lake: ArrowLake, spec: TableSpec) -> Any:
    return DeltaTable(lake.path(spec)).metadata()


def _checks(lake: ArrowLake, spec: TableSpec) -> dict[str, str]:
    start = "delta.constraints."
    found = _metadata(lake, spec).configuration.items()
    return {key.removeprefix(start): value for key, value in found if key.startswith(start)}


def _with(first: dict[str, Column] | None = None, **columns: Column) -> TableSpec:
    """SCORES with more columns, or other ones."""
    return replace(SCORES, columns={**(first or {}), **SCORES.columns, **columns})


def test_a_nullable_column_is_added_wherever_it_is_declared_and_old_rows_and_versions_have_nulls(
    lake: ArrowLake, rows: Rows
) -> None:
    before = lake.version(SCORES)
    wider = _with({"first": Column("map<string,bigint>", "", nullable=True)}, last=Column("string", "", nullable=True))
    lake.ensure([wider])
    b = pa.table({"key": ["b"], "n": [6], "first": pa.array([[("x", 1)]], wider_map()), "last": ["z"]})
    lake.write(wider, b, {"run_date": D2}, "id")
    old = {"first": None, "run_date": D1, "key": "a", "n": 5, "last": None}
    assert rows(wider) == [old, {"first": [("x", 1)], "run_date": D2, "key": "b", "n": 6, "last": "z"}]
    assert lake.read(wider, before, ()).to_pylist() == [old]


def wider_map() -> pa.DataType:
    return pa.map_(pa.string(), pa.int64())


def test_not_null_is_dropped_where_it_is_no_longer_declared(arrow_lake: ArrowLake, rows: Rows) -> None:
    looser = replace(NOTES, columns={**NOTES.columns, "n": Column("int", "a number", nullable=True)})
    arrow_lake.ensure([looser])
    arrow_lake.write(looser, pa.table({"key": ["a"], "n": pa.array([None], pa.int32())}), {}, "id")
    assert rows(looser) == [{"key": "a", "n": None}]


@pytest.mark.parametrize(
    ("declared", "came", "do"),
    [
        (
            _with(m=Column("bigint", "")),
            r"m bigint NOT NULL is declared and the table has no",
            r"Declare m nullable, or: Decl",
        ),
        (
            _with(n=Column("array<bigint>", "")),
            r"n is int in the table and array<bigint> NOT NULL in",
            r"a new version of sco",
        ),
        (
            _with(n=Column("int", "")),
            r"n is int in the table and int NOT NULL in the declaration",
            r"with a job that fills it",
        ),
        (
            replace(SCORES, columns={name: SCORES.columns[name] for name in ("run_date", "key")}, checks={}),
            r"n is int in the table and is not declared",
            r"Declare n \(the code may be older than the table\)",
        ),
        (
            replace(SCORES, partition_by=("run_date", "key")),
            r"partitions by \(run_date\) in the table and \(run_date, key\)",
            r"Declare a new version",
        ),
    ],
    ids=["missing NOT NULL", "other type", "stricter", "not declared", "other partitions"],
)
def test_what_cannot_be_changed_in_place_is_refused_with_both_sides_and_the_way_out(
    lake: ArrowLake, declared: TableSpec, came: str, do: str
) -> None:
    before = lake.version(SCORES)
    with pytest.raises(SchemaError, match=rf"scores_v1: the table must agree.*{came}.*{do}.*Nothing was changed"):
        lake.ensure([declared])
    assert lake.version(SCORES) == before


def test_a_check_changed_under_its_name_takes_effect(lake: ArrowLake) -> None:
    weaker = replace(SCORES, checks={"n_is_small": "n IS NULL OR n < 1000"})
    lake.ensure([weaker])
    lake.write(weaker, pa.table({"key": ["b"], "n": [500]}), {"run_date": D2}, "id")
    stricter = replace(SCORES, checks={"n_is_small": "n IS NULL OR n < 501"})
    lake.ensure([stricter])
    assert _checks(lake, SCORES) == stricter.checks
    with pytest.raises(CheckError, match=r"must meet the table's checks \(n IS NULL OR n < 501\)"):
        lake.write(stricter, pa.table({"key": ["b"], "n": [501]}), {"run_date": D2}, "id")


def test_a_check_that_is_no_longer_declared_is_dropped(lake: ArrowLake) -> None:
    free = replace(SCORES, checks={})
    lake.ensure([free])
    assert _checks(lake, SCORES) == {}
    lake.write(free, pa.table({"key": ["b"], "n": [5000]}), {"run_date": D2}, "id")


@pytest.mark.parametrize("name", ["n_is_small", "n_is_tiny"], ids=["changed", "new"])
def test_a_check_that_rows_break_is_refused_with_their_number_and_the_old_one_stays(lake: ArrowLake, name: str) -> None:
    lake.write(SCORES, pa.table({"key": ["b", "c"], "n": [2, None]}), {"run_date": D2}, "id")
    before = lake.version(SCORES)
    text = rf"scores_v1: rows that are there must meet the new check {name} \(n < 5\)\. Received: 2 rows.*running their jobs"
    with pytest.raises(CheckError, match=text):
        lake.ensure([replace(SCORES, checks={**SCORES.checks, name: "n < 5"})])
    assert (lake.version(SCORES), _checks(lake, SCORES)) == (before, SCORES.checks)


def test_a_check_that_is_no_condition_on_the_columns_is_refused(lake: ArrowLake) -> None:
    with pytest.raises(SchemaError, match=r"scores_v1: the check odd must be an SQL condition.*\(m > 1\).*m"):
        lake.ensure([replace(SCORES, checks={**SCORES.checks, "odd": "m > 1"})])


def test_retention_and_description_are_set_and_properties_set_by_hand_stay(lake: ArrowLake) -> None:
    by_hand = {"delta.checkpointInterval": "7", "delta.enableDeletionVectors": "true"}
    DeltaTable(lake.path(SCORES)).alter.set_table_properties(by_hand)
    lake.ensure([replace(SCORES, retention_days=90, doc="Other words.")])
    metadata = _metadata(lake, SCORES)
    assert metadata.description == "Other words."
    expected = {"deletedFileRetentionDuration": "interval 90 days", "logRetentionDuration": "interval 379 days"}
    expected |= {"enableDeletionVectors": "false", "checkpointInterval": "7"}
    assert {key: metadata.configuration[f"delta.{key}"] for key in expected} == expected


CHANGED = replace(
    _with(m=Column("bigint", "", nullable=True), o=Column("string", "", nullable=True)),
    checks={"n_is_small": "n IS NULL OR n < 1e3", "m_is_small": "m IS NULL OR m < 9"},
    retention_days=77,
    doc="Other words.",
)


def test_after_a_change_there_is_nothing_left_to_do(lake: ArrowLake) -> None:
    """Also for a condition that Delta stores in other words: 1e3 as 1000."""
    lake.ensure([CHANGED])
    version = lake.version(SCORES)
    lake.ensure([CHANGED])
    assert lake.version(SCORES) == version


def test_callers_at_once_bring_a_table_to_its_declaration_once(lake: ArrowLake, rows: Rows) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ArrowLake(lake.root).ensure([CHANGED]), range(4)))
    metadata = _metadata(lake, CHANGED)
    assert (metadata.description, set(_checks(lake, CHANGED))) == ("Other words.", set(CHANGED.checks))
    assert rows(CHANGED) == [{"run_date": D1, "key": "a", "n": 5, "m": None, "o": None}]
    assert [commit["operation"] for commit in DeltaTable(lake.path(SCORES)).history()].count("ADD COLUMN") == 1


def test_writers_during_a_change_all_land(lake: ArrowLake) -> None:
    changed = replace(CHANGED, columns=SCORES.columns, checks={"n_is_small": "n < 1e3"})
    with ThreadPoolExecutor(5) as pool:
        writes = [pool.submit(lake.write, SCORES, A, {"run_date": D2.replace(day=day)}, "id") for day in range(2, 6)]
        ensured = pool.submit(lake.ensure, [changed])
    assert [write.result().n_rows for write in writes] == [1] * 4
    ensured.result()
    assert lake.count(SCORES, lake.version(SCORES), ()) == 5


def test_a_writer_of_older_code_is_refused_once_a_column_is_there(lake: ArrowLake) -> None:
    lake.ensure([CHANGED])
    with pytest.raises(
        SchemaError, match=r"scores_v1: the table must have the declared columns.*Was it changed by newer code"
    ):
        lake.write(SCORES, A, {"run_date": D2}, "id")


def test_tables_that_agree_are_found_so_in_milliseconds(arrow_lake: ArrowLake) -> None:
    specs = list(all_tables().values())
    arrow_lake.ensure(specs)
    versions = [arrow_lake.version(spec) for spec in specs]
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        arrow_lake.ensure(specs)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) / len(specs) < 0.02  # the best of five: the machine may be busy
    assert [arrow_lake.version(spec) for spec in specs] == versions


@pytest.mark.spark
def test_spark_reads_and_writes_a_table_that_got_a_column(spark: Any, spark_lake: Any, rows: Rows) -> None:
    before = spark_lake.arrow.write(SCORES, A, {"run_date": D1}, "id").version
    wider = _with({"first": Column("bigint", "", nullable=True)})
    spark_lake.ensure([wider])
    frame = spark.createDataFrame([(1, "b", 6)], "first bigint, key string, n int")
    spark_lake.write(wider, frame, {"run_date": D2}, "id")
    a, b = {"first": None, "run_date": D1, "key": "a", "n": 5}, {"first": 1, "run_date": D2, "key": "b", "n": 6}
    assert rows(wider) == [a, b]
    assert [row.asDict() for row in spark_lake.read(wider, before, ()).collect()] == [a]
