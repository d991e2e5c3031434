"""Tables stay small: what is dropped, what never is, and what readers and writers notice of it."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from tawny.core.table import Column, TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import note_of
from tawny.lake.maintenance import NOTHING, Kept, Maintained, Policy, kept_lists, maintain
from tawny.lake.migration import properties
from tawny.tables.registry import all_tables

from .conftest import NOTES, SCORES

NOTE = {"run_id": "7f", "job": "maintain"}
AT_ONCE = Policy(grace=timedelta(0))
SHORT = replace(SCORES, keep_days=3)
EVER = replace(SCORES, name="ever_v1", keep_days=None)
RUNS = replace(
    NOTES, name="runs_v1", keep_days=3, columns={"run_date": Column("date", "the run"), "key": Column("string", "key")}
)
LISTS = replace(
    SCORES,
    name="lists_v1",
    columns={**SCORES.columns, "list_id": Column("string", "the list")},
    key=("run_date", "list_id", "key"),
    partition_by=("run_date", "list_id"),
    id_column="list_id",
    keep_days=20,
)


def day(n: int) -> date:
    """The n-th day of 2020."""
    return date(2020, 1, 1) + timedelta(days=n - 1)


@pytest.fixture
def lake(lake_root: Path) -> ArrowLake:
    lake = ArrowLake(str(lake_root))
    lake.ensure([SHORT, EVER, RUNS, LISTS])
    return lake


def write(lake: ArrowLake, spec: TableSpec, *days: int, **constants: Any) -> None:
    for n in days:
        rows = pa.table({"key": ["a", "b"], "n": pa.array([n % 100, None], pa.int32())})
        lake.write(spec, rows, {"run_date": day(n), **constants}, f"{n}", {"run_id": f"night {n}"})


def kept(*rows: tuple[int, str, str]) -> Kept:
    """What published_v2 with these rows keeps."""
    columns = [(day(n), list_id, status) for n, list_id, status in rows]
    return kept_lists(pa.table(dict(zip(("run_date", "list_id", "status"), zip(*columns, strict=True), strict=True))))


def append(lake: ArrowLake, spec: TableSpec, *days: int) -> None:
    """One commit per day, for a table without partitions."""
    for n in days:
        lake.write(spec, pa.table({"run_date": [day(n)], "key": [f"run {n}"]}), {}, f"run {n}")


def run(lake: ArrowLake, spec: TableSpec, policy: Policy = AT_ONCE, kept: Kept = NOTHING) -> Maintained:
    (done,) = maintain(lake, [spec], NOTE, kept, policy)
    return done


def days_of(lake: ArrowLake, spec: TableSpec, version: int | None = None) -> list[int]:
    rows = lake.read(spec, lake.version(spec) if version is None else version, ())
    return sorted({(one - day(1)).days + 1 for one in rows["run_date"].to_pylist()})


def test_run_dates_older_than_keep_days_go_counted_from_the_newest_one(lake: ArrowLake) -> None:
    write(lake, SHORT, 1, 2, 3, 4, 9, 5)
    before = lake.version(SHORT)
    done = run(lake, SHORT)
    assert done.dropped == tuple(f"run_date={day(n)}" for n in (1, 2, 3, 4, 5))
    assert (done.n_files, days_of(lake, SHORT)) == ((6, 1), [9])
    assert days_of(lake, SHORT, before) == [1, 2, 3, 4, 5, 9]
    (commit,) = lake.commits_since(SHORT, before)
    assert note_of(commit) == {**NOTE, "what": "drop"}


def test_a_second_call_right_after_commits_nothing(lake: ArrowLake) -> None:
    for spec in (SHORT, EVER):
        write(lake, spec, 1, 2, 3, 4, 9)
    append(lake, RUNS, 1, 2, 3, 4, 5, 6, 7)
    specs = [SHORT, EVER, RUNS, LISTS]
    list(maintain(lake, specs, NOTE, policy=AT_ONCE))
    versions = [lake.version(spec) for spec in specs]
    again = list(maintain(lake, specs, NOTE, policy=AT_ONCE))
    assert [lake.version(spec) for spec in specs] == versions
    assert not any(done.dropped or done.n_removed or done.skipped for done in again)


def test_a_table_that_declares_no_keep_days_keeps_every_run_date(lake: ArrowLake) -> None:
    write(lake, EVER, 1, 300)
    assert (run(lake, EVER, Policy(keep_days=1, grace=timedelta(0))).dropped, days_of(lake, EVER)) == ((), [1, 300])


def test_days_to_keep_by_table_count_more_than_the_declaration(lake: ArrowLake) -> None:
    write(lake, EVER, 1, 5, 9)
    run(lake, EVER, replace(AT_ONCE, of_table={EVER.name: 4}))
    assert days_of(lake, EVER) == [5, 9]


def test_events_go_by_their_own_day_counted_from_the_published_date(lake: ArrowLake) -> None:
    columns = {"event_date": Column("date", "day"), "event_ts": Column("timestamp", "UTC"), "key": Column("string", "key")}
    seen = TableSpec(
        name="seen_v1", doc="", columns=columns, key=("key",), mode="replace_partition", partition_by=("event_date",),
        time_column="event_ts",
    )  # fmt: skip
    lake.ensure([seen])
    for n in (1, 4, 5, 900):  # the last one of a clock that was wrong
        row = pa.table({"event_ts": pa.array([0], pa.timestamp("us", "UTC")), "key": [f"event {n}"]})
        lake.write(seen, row, {"event_date": day(n)}, f"day {n}")
    policy = replace(AT_ONCE, of_table={seen.name: 3})
    done = run(lake, seen, policy, kept((7, "now", "published"), (1, "before", "superseded")))
    assert done.dropped == (f"event_date={day(1)}",)
    assert run(lake, seen, policy, kept((7, "now", "published"))).dropped == ()


def test_days_are_not_counted_from_a_date_later_than_the_run_s_or_the_published_list_s(lake: ArrowLake) -> None:
    write(lake, SHORT, 1, 6, 300)
    run(lake, SHORT, replace(AT_ONCE, run_date=day(4)))
    assert days_of(lake, SHORT) == [1, 6, 300]
    run(lake, SHORT, kept=kept((6, "x", "published")))
    assert days_of(lake, SHORT) == [6, 300]


def test_the_published_date_and_those_a_rollback_can_go_to_stay_whatever_their_age(lake: ArrowLake) -> None:
    write(lake, SHORT, 1, 2, 3, 4, 5, 6, 7, 30)
    before = [(n, str(n), "superseded") for n in (1, 2, 3, 4, 5)]
    run(lake, SHORT, kept=kept((30, "z", "published"), (7, "g", "withdrawn"), *before))
    assert days_of(lake, SHORT) == [3, 4, 5, 30]


def test_lists_that_were_never_published_go_and_those_of_the_last_days_wait(lake: ArrowLake) -> None:
    ids = {}
    for name, n in (("once", 1), ("never", 1), ("other", 2), ("new", 9), ("newest", 10)):
        ids[name] = lake.write(LISTS, pa.table({"key": [name], "n": [n]}), {"run_date": day(n)}, name).digest
    done = run(lake, LISTS, kept=kept((1, ids["once"], "superseded"), (10, ids["newest"], "published")))
    assert done.dropped == tuple(f"run_date={day(n)}/list_id={ids[name]}" for name, n in (("never", 1), ("other", 2)))
    assert set(lake.read(LISTS, lake.version(LISTS), ())["key"].to_pylist()) == {"once", "new", "newest"}


def test_what_a_backfill_wrote_a_moment_ago_stays(lake: ArrowLake) -> None:
    write(lake, SHORT, 9, 1)
    assert run(lake, SHORT, Policy()).dropped == ()
    assert days_of(lake, SHORT) == [1, 9]


def test_old_rows_of_a_table_without_partitions_go_too(lake: ArrowLake) -> None:
    append(lake, RUNS, 1, 2, 3, 8, 9, 10)
    assert run(lake, RUNS).dropped == ("run_date<2020-01-07",)
    assert days_of(lake, RUNS) == [8, 9, 10]


def test_small_files_become_one_and_the_rows_and_their_writers_stay(lake: ArrowLake) -> None:
    append(lake, RUNS, *range(1, 7))
    spec = replace(RUNS, keep_days=None)
    lake.ensure([spec])
    before, rows = lake.version(RUNS), lake.read(RUNS, lake.version(RUNS), ()).sort_by("key")
    done = run(lake, spec)
    assert done.n_files == (6, 1)
    assert lake.read(RUNS, lake.version(RUNS), ()).sort_by("key").equals(rows)
    (commit,) = lake.commits_since(RUNS, before)
    assert (commit["operation"], note_of(commit)["what"]) == ("OPTIMIZE", "compact")
    log = Path(lake.path(RUNS), "_delta_log", f"{before + 1:020}.json").read_text()
    assert '"dataChange":true' not in log and log.count('"dataChange":false') == 7


def test_a_few_files_and_rows_that_soon_go_are_not_rewritten(lake: ArrowLake) -> None:
    append(lake, RUNS, 7, 8, 9, 10)
    assert run(lake, RUNS).n_files == (4, 4)
    spec = replace(RUNS, keep_days=None)
    DeltaTable(lake.path(RUNS)).delete("key = 'run 10'")
    lake.ensure([spec])
    assert run(lake, spec).n_files == (3, 3)


def test_files_that_no_commit_names_go_once_they_are_older_than_the_retention(lake: ArrowLake) -> None:
    write(lake, SHORT, 1)
    folder = Path(lake.path(SHORT), f"run_date={day(1)}")
    old, new = folder / "part-of-a-killed-writer.parquet", folder / "part-of-a-running-writer.parquet"
    for file, age_days in ((old, SHORT.retention_days + 1), (new, SHORT.retention_days - 1)):
        file.write_bytes(b"half a file")
        os.utime(file, (time.time() - age_days * 86_400,) * 2)
    assert run(lake, SHORT, replace(AT_ONCE, dry_run=True)).n_removed == 1
    assert old.exists()
    assert run(lake, SHORT).n_removed == 1
    assert (old.exists(), new.exists(), days_of(lake, SHORT)) == (False, True, [1])


def test_a_dry_run_says_the_same_and_changes_nothing(lake: ArrowLake) -> None:
    write(lake, SHORT, 1, 9)
    before = lake.version(SHORT)
    said = run(lake, SHORT, replace(AT_ONCE, dry_run=True)).dropped
    assert lake.version(SHORT) == before
    assert run(lake, SHORT).dropped == said == ("run_date=2020-01-01",)


def test_log_entries_past_their_retention_go_and_what_is_left_can_be_read(lake: ArrowLake) -> None:
    log = Path(lake.path(SHORT), "_delta_log")
    write(lake, SHORT, *range(1, 13))
    run(lake, SHORT)
    assert log.joinpath("_last_checkpoint").exists()
    checkpoint = lake.version(SHORT)
    for file in log.glob("0*"):
        os.utime(file, (time.time() - 400 * 86_400,) * 2)
    write(lake, SHORT, 13)
    run(lake, SHORT)
    assert min(int(file.name[:20]) for file in log.glob("*.json")) >= checkpoint
    assert days_of(lake, SHORT) == [10, 11, 12, 13]


def test_a_log_is_kept_for_as_long_as_the_partitions_whose_writers_it_names(lake: ArrowLake) -> None:
    def log_retention(spec: TableSpec) -> str:
        lake.ensure([spec])
        return str(DeltaTable(lake.path(spec)).metadata().configuration["delta.logRetentionDuration"])

    assert log_retention(SHORT) == "interval 30 days"
    assert log_retention(replace(SHORT, keep_days=90)) == "interval 104 days"
    assert log_retention(replace(SHORT, keep_days=90, retention_days=200)) == "interval 200 days"
    assert log_retention(replace(SHORT, keep_days=None)) == "interval 379 days"


@pytest.mark.parametrize("spec", all_tables().values(), ids=lambda spec: spec.name)
def test_every_declared_table_can_be_kept_as_it_says(spec: TableSpec) -> None:
    assert spec.keep_days is None or "run_date" in spec.columns
    log_days = int(properties(spec)["delta.logRetentionDuration"].split()[1])
    assert log_days >= max(spec.retention_days, (spec.keep_days or 365) + 14)


def test_what_people_said_and_what_was_published_is_kept_for_ever() -> None:
    ever = {"events_v2", "items_v2", "users_v2", "landings_v1", "published_v2"}
    assert ever <= {name for name, spec in all_tables().items() if spec.keep_days is None}


def faster(lake: ArrowLake, spec: TableSpec, n_times: int) -> Callable[..., Any]:
    """`DeltaTable.delete`, with another writer who commits between the look and the commit, `n_times`."""
    delete, left = DeltaTable.delete, [n_times]

    def beaten(self: DeltaTable, *args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise CommitFailedError("a transaction was faster")
        return delete(self, *args, **kwargs)

    return beaten


def test_a_collision_is_tried_again(lake: ArrowLake, monkeypatch: pytest.MonkeyPatch) -> None:
    write(lake, SHORT, 1, 9)
    monkeypatch.setattr(DeltaTable, "delete", faster(lake, SHORT, 3))
    assert run(lake, SHORT).dropped == ("run_date=2020-01-01",)
    assert days_of(lake, SHORT) == [9]


def test_where_others_are_faster_all_the_time_it_is_left_to_the_next_call(
    lake: ArrowLake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write(lake, SHORT, 1, 9)
    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "delete", faster(lake, SHORT, 99))
        done = run(lake, SHORT)
    assert (done.dropped, done.skipped, days_of(lake, SHORT)) == ((), ("drop",), [1, 9])
    assert "scores_v1: drop is left to the next call" in caplog.text
    assert run(lake, SHORT).dropped == ("run_date=2020-01-01",)


def test_what_is_written_between_the_look_and_the_commit_is_looked_at_again(
    lake: ArrowLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lake, SHORT, 1)
    time.sleep(0.01)
    write(lake, SHORT, 9)
    delete = DeltaTable.delete

    def after_a_backfill(self: DeltaTable, *args: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        time.sleep(0.01)
        lake.write(SHORT, pa.table({"key": ["late"], "n": [7]}), {"run_date": day(1)}, "again")
        return delete(self, *args, **kwargs)

    monkeypatch.setattr(DeltaTable, "delete", after_a_backfill)
    done = run(lake, SHORT, Policy(grace=timedelta(milliseconds=1)))
    assert (DeltaTable.delete, done.dropped, done.skipped) == (delete, (), ())  # it was called
    assert lake.read(SHORT, lake.version(SHORT), ())["key"].sort().to_pylist() == ["a", "b", "late"]


def test_tables_that_are_not_there_are_passed_over(lake_root: Path) -> None:
    assert list(maintain(ArrowLake(str(lake_root)), [SHORT], NOTE)) == []
