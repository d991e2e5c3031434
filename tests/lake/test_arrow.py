"""Tables without a JVM: every write mode, every refusal, writers and creators at once."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tawny.core.errors import CheckError, ConfigError, SchemaError, StaleInputError
from tawny.core.table import Column, TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Written

from .conftest import D1, D2, NOTES, PEOPLE, SCORES

Rows = Callable[[TableSpec], list[dict[str, Any]]]
NUMBERS = pa.table({"key": ["a", "b"], "n": pa.array([1, None], pa.int32())})


def row(day: date, key: str, n: int | None) -> dict[str, Any]:
    return {"run_date": day, "key": key, "n": n}


def test_what_was_written_is_read_with_the_runs_date_filled_in(arrow_lake: ArrowLake, rows: Rows) -> None:
    written = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id")
    assert written == Written(arrow_lake.version(SCORES), 2, written.digest)
    assert rows(SCORES) == [row(D1, "a", 1), row(D1, "b", None)]


def test_a_partition_is_replaced_whole_and_no_other_is_touched(arrow_lake: ArrowLake, rows: Rows) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id")
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D2}, "id")
    arrow_lake.write(SCORES, pa.table({"key": ["c"], "n": [3]}), {"run_date": D1}, "id")
    assert rows(SCORES) == [row(D1, "c", 3), row(D2, "a", 1), row(D2, "b", None)]


def test_an_empty_result_empties_its_partition(arrow_lake: ArrowLake, rows: Rows) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id")
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D2}, "id")
    assert arrow_lake.write(SCORES, NUMBERS.slice(0, 0), {"run_date": D1}, "id").n_rows == 0
    assert rows(SCORES) == [row(D2, "a", 1), row(D2, "b", None)]


def test_an_append_lands_once_whatever_comes_between(arrow_lake: ArrowLake, rows: Rows) -> None:
    assert arrow_lake.write(NOTES, pa.table({"key": ["a"], "n": [1]}), {}, "run 2").n_rows == 1
    assert arrow_lake.write(NOTES, pa.table({"key": ["b"], "n": [2]}), {}, "run 1").n_rows == 1
    assert arrow_lake.write(NOTES, pa.table({"key": ["a"], "n": [1]}), {}, "run 2").n_rows == 0
    assert rows(NOTES) == [{"key": "a", "n": 1}, {"key": "b", "n": 2}]


def test_old_versions_stay_readable(arrow_lake: ArrowLake) -> None:
    first = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id").version
    arrow_lake.write(SCORES, NUMBERS.slice(0, 1), {"run_date": D1}, "id")
    assert arrow_lake.read(SCORES, first, ()).num_rows == 2


def test_rows_are_counted_by_partition_from_the_log(arrow_lake: ArrowLake) -> None:
    assert arrow_lake.count(SCORES, arrow_lake.version(SCORES), (("run_date", "=", D1),)) == 0
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id")
    version = arrow_lake.write(SCORES, NUMBERS.slice(0, 1), {"run_date": D2}, "id").version
    assert arrow_lake.count(SCORES, version, ()) == 3
    assert arrow_lake.count(SCORES, version, (("run_date", "=", D2),)) == 1
    assert arrow_lake.count(SCORES, version, (("run_date", "<", D2),)) == 2
    assert arrow_lake.count(SCORES, version, (("run_date", ">=", D1), ("run_date", "<", D1))) == 0
    assert arrow_lake.count(SCORES, version, (("run_date", "in", (D2, date(2020, 1, 9))),)) == 1
    assert arrow_lake.count(SCORES, version, (("n", "=", 1),)) is None


def test_a_read_keeps_only_rows_that_meet_all_conditions(arrow_lake: ArrowLake) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id")
    version = arrow_lake.write(SCORES, NUMBERS, {"run_date": D2}, "id").version
    found = arrow_lake.read(SCORES, version, (("run_date", "<", D2), ("key", "=", "a")))
    assert found.to_pylist() == [row(D1, "a", 1)]
    found = arrow_lake.read(SCORES, version, (("run_date", "in", (D2, date(2020, 1, 9))),))
    assert found.to_pylist() == [row(D2, "a", 1), row(D2, "b", None)]


def test_an_instant_at_the_cutoff_is_not_before_it(lake_root: Path) -> None:
    clicks = TableSpec(
        name="clicks_v1", doc="Instants.", columns={"at_ts": Column("timestamp", "UTC")}, key=("at_ts",), mode="append_once"
    )
    lake = ArrowLake(str(lake_root))
    lake.ensure([clicks])
    midnight = datetime(2020, 1, 2, tzinfo=UTC)
    before = midnight.replace(day=1, hour=23, minute=59, second=59, microsecond=999_999)
    version = lake.write(clicks, pa.table({"at_ts": [before, midnight]}), {}, "id").version
    assert lake.read(clicks, version, (("at_ts", "<", midnight),)).to_pylist() == [{"at_ts": before}]


def test_more_rows_than_one_process_may_hold_are_refused(arrow_lake: ArrowLake) -> None:
    version = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id").version
    with pytest.raises(CheckError, match=r"scores_v1: one process holds at most 1 rows.*Received: 2 rows.*Spark"):
        arrow_lake.read_arrow(SCORES, version, (("run_date", "=", D1), ("n", "=", 1)), max_rows=1)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (pa.table({"key": ["a"]}), r"Received: columns key, run_date"),
        (pa.table({"key": ["a"], "n": [1], "m": [1]}), r"Received: columns key, m, n, run_date"),
        (pa.table({"key": ["a"], "n": ["3"]}), r"n string instead of int32"),
        (pa.table({"key": ["a"], "n": [3.0]}), r"n double instead of int32"),
        (pa.table({"key": ["a"], "n": [2**40]}), r"1099511627776"),
        (pa.table({"key": pa.array([None], pa.string()), "n": [3]}), r"1 nulls in key"),
    ],
    ids=["missing", "unknown", "text", "fraction", "too wide", "null"],
)
def test_a_frame_of_another_schema_is_refused_before_anything_is_written(
    arrow_lake: ArrowLake, rows: Rows, frame: pa.Table, text: str
) -> None:
    with pytest.raises(SchemaError, match=text):
        arrow_lake.write(SCORES, frame, {"run_date": D1}, "id")
    assert rows(SCORES) == []


def test_a_key_that_comes_twice_is_refused_and_named(arrow_lake: ArrowLake, rows: Rows) -> None:
    with pytest.raises(CheckError, match=r"\(run_date, key\) must be unique.*1 keys more than once.*'key': 'a'"):
        arrow_lake.write(SCORES, pa.table({"key": ["a", "a"], "n": [1, 2]}), {"run_date": D1}, "id")
    assert rows(SCORES) == []


def test_a_row_that_breaks_a_check_is_refused_and_yesterday_stays(arrow_lake: ArrowLake, rows: Rows) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id")
    with pytest.raises(CheckError, match=r"must meet the table's checks \(n IS NULL OR n < 100\)"):
        arrow_lake.write(SCORES, pa.table({"key": ["a"], "n": [100]}), {"run_date": D1}, "id")
    assert rows(SCORES) == [row(D1, "a", 1), row(D1, "b", None)]


def test_a_row_of_a_partition_that_the_run_does_not_own_is_refused(arrow_lake: ArrowLake) -> None:
    frame = pa.table({"key": ["a", "b"], "n": [1, 2], "run_date": [D1, D2]})
    with pytest.raises(CheckError, match=r"a run writes only where run_date is 2020-01-01.*1 rows.*2020-01-02"):
        arrow_lake.write(SCORES, frame, {"run_date": D1}, "id")


def test_merging_is_left_to_spark(arrow_lake: ArrowLake) -> None:
    frame = pa.table({"key": ["a"], "n": [1], "tags": pa.array([None], pa.map_(pa.string(), pa.string()))})
    with pytest.raises(ConfigError, match=r"people_v1: merge_by_key is done by Spark only.*engine='spark'"):
        arrow_lake.write(PEOPLE, frame, {}, "id")


def test_a_table_that_is_not_there_is_named_with_its_place(lake_root: Path) -> None:
    with pytest.raises(StaleInputError, match=r"scores_v1: the table must exist.*nothing at .*lake/scores_v1"):
        ArrowLake(str(lake_root)).version(SCORES)


def test_checks_declared_after_a_table_was_created_are_added(arrow_lake: ArrowLake) -> None:
    stricter = replace(SCORES, checks={**SCORES.checks, "n_is_positive": "n > 0"})
    arrow_lake.ensure([stricter])
    arrow_lake.ensure([stricter])
    with pytest.raises(CheckError, match=r"n IS NULL OR n < 100; n > 0"):
        arrow_lake.write(stricter, pa.table({"key": ["a"], "n": [0]}), {"run_date": D1}, "id")


def test_tables_keep_old_versions_as_long_as_declared_and_have_no_deletion_vectors(arrow_lake: ArrowLake) -> None:
    properties = DeltaTable(arrow_lake.path(SCORES)).metadata().configuration
    assert properties["delta.deletedFileRetentionDuration"] == "interval 30 days"
    assert properties["delta.enableDeletionVectors"] == "false"
    assert properties["delta.constraints.n_is_small"] == "n IS NULL OR n < 100"


def test_creators_at_once_make_one_table(lake_root: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ArrowLake(str(lake_root)).ensure([SCORES, NOTES]), range(4)))
    lake = ArrowLake(str(lake_root))
    assert (lake.version(SCORES), lake.version(NOTES)) == (1, 0)


def test_writers_of_different_dates_at_once_all_land_with_a_version_each(arrow_lake: ArrowLake, rows: Rows) -> None:
    days = [date(2020, 1, day) for day in range(1, 6)]
    with ThreadPoolExecutor(5) as pool:
        written = list(pool.map(lambda day: arrow_lake.write(SCORES, NUMBERS, {"run_date": day}, "id"), days))
    assert rows(SCORES) == [row(day, key, n) for day in days for key, n in (("a", 1), ("b", None))]
    assert len({one.version for one in written}) == 5
    for day, one in zip(days, written, strict=True):
        assert arrow_lake.count(SCORES, one.version, (("run_date", "=", day),)) == 2


def test_the_same_append_from_several_writers_at_once_lands_once(
    arrow_lake: ArrowLake, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tawny")
    frame = pa.table({"key": ["a"], "n": [1]})
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: arrow_lake.write(NOTES, frame, {}, "same"), range(4)))
    assert rows(NOTES) == [{"key": "a", "n": 1}]
    assert sorted(one.n_rows for one in written) == [0, 0, 0, 1]
    assert caplog.messages.count("notes_v1: same has landed already") == 3
