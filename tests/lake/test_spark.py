"""Tables as Spark frames: every write mode, every refusal, writers at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from tawny.core.errors import CheckError, SchemaError
from tawny.core.table import TableSpec

from .conftest import D1, D2, NOTES, PEOPLE, SCORES

Rows = Callable[[TableSpec], list[dict[str, Any]]]
Write = Callable[..., Any]
DDL = {PEOPLE.name: "key string, n int, tags map<string,string>"}


@pytest.fixture
def write(spark: Any, spark_lake: Any) -> Write:
    """`write(spec, rows, **constants)` through a Spark frame."""

    def run(spec: TableSpec, values: list[tuple[Any, ...]], app_id: str = "id", **constants: Any) -> Any:
        return spark_lake.write(
            spec, spark.createDataFrame(values, DDL.get(spec.name, "key string, n int")), constants, app_id
        )

    return run


def row(day: Any, key: str, n: int | None) -> dict[str, Any]:
    return {"run_date": day, "key": key, "n": n}


def test_an_older_date_after_a_newer_one_lands_and_an_empty_result_empties_its_partition(write: Write, rows: Rows) -> None:
    assert write(SCORES, [("a", 1), ("b", None)], run_date=D2).n_rows == 2
    assert write(SCORES, [("a", 2), ("c", 3)], run_date=D1).n_rows == 2
    assert rows(SCORES) == [row(D1, "a", 2), row(D1, "c", 3), row(D2, "a", 1), row(D2, "b", None)]
    assert write(SCORES, [], run_date=D2).n_rows == 0
    assert rows(SCORES) == [row(D1, "a", 2), row(D1, "c", 3)]


def test_a_pinned_version_is_read_through_conditions(write: Write, spark_lake: Any) -> None:
    first = write(SCORES, [("a", 1), ("b", 2)], run_date=D1).version
    write(SCORES, [("a", 5)], run_date=D1)
    read = spark_lake.read(SCORES, first, (("run_date", "=", D1), ("key", "in", ("b", "c")), ("n", ">=", 2)))
    assert [tuple(found) for found in read.collect()] == [(D1, "b", 2)]
    assert spark_lake.read_arrow(SCORES, first, (("n", "<", 2),), max_rows=9).to_pylist() == [row(D1, "a", 1)]


def test_a_merge_inserts_new_keys_updates_changed_rows_and_leaves_equal_ones(write: Write, rows: Rows) -> None:
    def person(key: str, n: int | None, **tags: str) -> dict[str, Any]:
        return {"key": key, "n": n, "tags": list(tags.items()) or None}

    assert write(PEOPLE, [("a", 1, {"x": "1"}), ("b", 2, None)]).n_rows == 2
    assert write(PEOPLE, [("b", 2, {"y": "2"}), ("c", None, None), ("a", 1, {"x": "1"})]).n_rows == 2
    expected = [person("a", 1, x="1"), person("b", 2, y="2"), person("c", None)]
    assert rows(PEOPLE) == expected
    assert write(PEOPLE, [("a", 1, {"x": "1"}), ("b", 2, {"y": "2"})]).n_rows == 0
    assert rows(PEOPLE) == expected


def test_an_append_lands_once_and_an_older_one_is_not_dropped(write: Write, rows: Rows) -> None:
    assert write(NOTES, [("b", 2)], app_id="notes_v1/2020-01-02/job").n_rows == 1
    assert write(NOTES, [("a", 1)], app_id="notes_v1/2020-01-01/job").n_rows == 1
    assert write(NOTES, [("b", 2)], app_id="notes_v1/2020-01-02/job").n_rows == 0
    assert rows(NOTES) == [{"key": "a", "n": 1}, {"key": "b", "n": 2}]


def test_an_arrow_table_is_written_without_a_spark_job(spark_lake: Any, rows: Rows) -> None:
    frame = pa.table({"key": ["a"], "n": pa.array([1], pa.int32())})
    assert spark_lake.write(SCORES, frame, {"run_date": D1}, "id").n_rows == 1
    assert rows(SCORES) == [row(D1, "a", 1)]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([("a", 100)], r"scores_v1: every row must meet.*n_is_small.*Nothing was written"),
        ([(None, 1)], r"NOT NULL constraint violated for column: key"),
        ([("a", 1), ("a", 2)], r"\(run_date, key\) must be unique.*2 rows with run_date=2020-01-01, key=a"),
    ],
    ids=["check", "null", "twice"],
)
def test_bad_rows_are_refused_and_readers_keep_what_they_had(
    write: Write, rows: Rows, values: list[tuple[Any, ...]], text: str
) -> None:
    write(SCORES, [("a", 1)], run_date=D1)
    with pytest.raises(CheckError, match=text):
        write(SCORES, values, run_date=D1)
    assert rows(SCORES) == [row(D1, "a", 1)]


def test_a_merge_that_breaks_a_check_is_a_check_error_too(write: Write, rows: Rows) -> None:
    with pytest.raises(CheckError, match=r"people_v1: every row must meet.*n_is_small"):
        write(PEOPLE, [("a", 1, None), ("b", 100, None)])
    assert rows(PEOPLE) == []


def test_a_row_of_another_partition_is_refused(spark: Any, spark_lake: Any, rows: Rows) -> None:
    frame = spark.createDataFrame([("a", 1, D2)], "key string, n int, run_date date")
    with pytest.raises(CheckError, match=r"run_date = '2020-01-01'"):
        spark_lake.write(SCORES, frame, {"run_date": D1}, "id")
    assert rows(SCORES) == []


def test_every_wrong_column_is_named(spark: Any, spark_lake: Any) -> None:
    frame = spark.createDataFrame([("1", 1)], "n string, m int")
    with pytest.raises(
        SchemaError, match=r"scores_v1: .*key missing instead of string; n string instead of int; m is unknown"
    ):
        spark_lake.write(SCORES, frame, {"run_date": D1}, "id")


def test_writers_at_once_land_each_with_its_own_version(write: Write, rows: Rows) -> None:
    with ThreadPoolExecutor(3) as pool:
        scores = [pool.submit(write, SCORES, [("a", day.day)], run_date=day) for day in (D1, D2)]
        note = pool.submit(write, NOTES, [("a", 1)])
        again = pool.submit(write, NOTES, [("a", 1)])
    assert rows(SCORES) == [row(D1, "a", 1), row(D2, "a", 2)]
    assert len({one.result().version for one in scores}) == 2
    assert rows(NOTES) == [{"key": "a", "n": 1}]
    assert sorted([note.result().n_rows, again.result().n_rows]) == [0, 1]


def test_two_merges_at_once_of_the_same_key_leave_one_row(write: Write, rows: Rows) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(write, PEOPLE, [("a", 1, None), (key, 2, None)]) for key in ("b", "c")]
    assert sorted(one.result().n_rows for one in both) == [1, 2]
    assert [found["key"] for found in rows(PEOPLE)] == ["a", "b", "c"]


def test_an_arrow_table_is_merged_too(spark_lake: Any, rows: Rows) -> None:
    def people(*values: tuple[str, int]) -> pa.Table:
        columns = {"key": pa.string(), "n": pa.int32(), "tags": pa.map_(pa.string(), pa.string())}
        return pa.Table.from_pylist([{"key": key, "n": n, "tags": None} for key, n in values], schema=pa.schema(columns))

    assert spark_lake.write(PEOPLE, people(("a", 1), ("b", 2)), {}, "id").n_rows == 2
    assert spark_lake.write(PEOPLE, people(("b", 3), ("c", 4)), {}, "id").n_rows == 2
    assert [(found["key"], found["n"]) for found in rows(PEOPLE)] == [("a", 1), ("b", 3), ("c", 4)]
