"""What an ingest does with each file, decided from the ledger alone."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tawny.core.columns import ALWAYS
from tawny.core.config import Env
from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import FilesSettings
from tawny.ingest.deliveries import Counts, Plan, plan
from tawny.ingest.files.file import Inspected, Kind, LandingFile, Stamp
from tawny.ingest.files.find import find_files
from tawny.ingest.files.inspect import with_digest
from tawny.ingest.ledger import Entry, changed, entries_of, ledger_of, marked, parser_of, pending
from tawny.ingest.snapshots import points_of
from tawny.lake.arrow import ArrowLake
from tawny.tables.landings import LANDINGS

DAY, NEXT = date(2024, 3, 1), date(2024, 3, 2)

ONE, NONE = frozenset({"1"}), frozenset[str]()


def landed(path: str, digest: str, second: int = 0, kind: Kind = "events", n_rows: int = 2) -> Inspected:
    """A file that was inspected, changed at that second."""
    stamp = Stamp(9, (1_700_000_000 + second) * 1_000_000_000)
    return Inspected(LandingFile("/landing", path, kind, "csv", stamp=stamp, digest=digest), n_rows, (), ("a", "b"))


def planned(before: tuple[Entry, ...], *looked: Inspected | LandingFile, clock: date = DAY, kind: Kind = "events") -> Plan:
    return plan(kind, before, looked, clock=clock, run_date=clock, run_id="run")


def after(
    before: tuple[Entry, ...], *looked: Inspected | LandingFile, clock: date = DAY, kind: Kind = "events"
) -> tuple[Entry, ...]:
    """The ledger after a run."""
    made = planned(before, *looked, clock=clock, kind=kind)
    counts = {one.file.digest: Counts(2, 1, 1) for one in made.reads}
    return entries_of(made.ended(made.begun(ledger_of(before)), counts))


def told(entries: tuple[Entry, ...]) -> list[tuple[str, str, str, int]]:
    return [(e.path, e.digest, e.status, e.delivery) for e in entries]


def test_files_are_delivered_by_time_and_then_by_name_as_people_count() -> None:
    names = ("items_10.csv", "items_9.csv", "items_9_b.csv", "a.csv")
    found = planned((), *[landed(name, name) for name in names[:3]], landed("a.csv", "a.csv", second=1))
    assert [(one.file.path, one.file.delivery) for one in found.reads] == [
        ("items_9.csv", 1), ("items_9_b.csv", 2), ("items_10.csv", 3), ("a.csv", 4),
    ]  # fmt: skip


def test_the_first_load_describes_the_past_and_what_lands_later_is_known_later() -> None:
    first = after((), landed("a", "1", kind="items"), landed("b", "2", kind="items"), kind="items")
    assert {e.known_from for e in first} == {ALWAYS}
    second = after(first, landed("c", "3", kind="items"), clock=NEXT, kind="items")
    assert [(e.path, e.known_from) for e in second] == [("a", ALWAYS), ("b", ALWAYS), ("c", NEXT)]


def test_equal_bytes_are_read_once_wherever_they_lie() -> None:
    first = after((), landed("a", "1"), landed("b", "1", second=5))
    assert told(first) == [("a", "1", "read", 1), ("b", "1", "copy", 1)]
    renamed = after(first, landed("c", "1", second=9).file)
    assert told(renamed) == [("a", "1", "read", 1), ("b", "1", "copy", 1), ("c", "1", "copy", 1)]
    touched = after(first, landed("a", "1", second=9).file)
    assert told(touched) == told(first) and touched[0].modified_ts > first[0].modified_ts


def test_a_correction_of_events_takes_the_place_of_what_it_corrects() -> None:
    first = after((), landed("a", "1"), landed("b", "2"))
    made = planned(first, landed("a", "3", second=9), clock=NEXT)
    assert (made.replaced, made.gone, made.reads[0].file.delivery) == (ONE, NONE, 1)
    assert told(after(first, landed("a", "3", second=9))) == [
        ("a", "1", "replaced", 1), ("a", "3", "read", 1), ("b", "2", "read", 2),
    ]  # fmt: skip


def test_other_items_under_an_old_name_are_a_later_delivery() -> None:
    first = after((), landed("a", "1", kind="items"), kind="items")
    (one,) = planned(first, landed("a", "2", second=9, kind="items"), clock=NEXT, kind="items").reads
    assert (one.file.delivery, one.file.known_from) == (2, NEXT)


def test_a_file_that_was_renamed_before_its_name_got_other_rows_is_not_taken_back() -> None:
    first = after((), landed("events.csv", "1"))
    made = planned(first, landed("events_1.csv", "1").file, landed("events.csv", "2", second=9))
    assert (made.replaced, made.gone) == (NONE, NONE)
    assert told(after(first, landed("events_1.csv", "1").file, landed("events.csv", "2", second=9))) == [
        ("events.csv", "1", "replaced", 1), ("events_1.csv", "1", "read", 1), ("events.csv", "2", "read", 2),
    ]  # fmt: skip


def test_what_a_killed_run_began_is_read_again_or_taken_back() -> None:
    begun = entries_of(planned((), landed("a", "1"), landed("b", "2")).begun(ledger_of([])))
    assert {e.status for e in begun} == {"reading"}
    again = planned(begun, landed("a", "1"), landed("b", "3"))
    assert (again.again, again.gone) == (ONE, frozenset({"2"}))
    assert told(after(begun, landed("a", "1"), landed("b", "3"))) == told(after((), landed("a", "1"), landed("b", "3")))


def test_a_retracted_file_is_taken_back_once_and_never_read_again() -> None:
    first = after((), landed("a", "1"), landed("b", "2"))
    to_do = entries_of(marked(ledger_of(first), "a", "retracting"))
    assert planned(to_do).gone == {"1"}
    ended = after(to_do)
    assert told(ended) == [("a", "1", "retracted", 1), ("b", "2", "read", 2)]
    again = planned(ended, landed("c", "1", second=9).file)
    assert (again.reads, again.gone) == ((), NONE)


def test_a_file_that_is_declared_otherwise_is_read_again_in_its_place() -> None:
    first = after((), landed("a", "1"), landed("b", "2"))
    other = replace(landed("a", "1").file, columns={"value": "stars"})
    made = planned(first, replace(landed("a", "1"), file=other))
    assert (made.reads[0].file.delivery, made.again, made.gone, made.replaced) == (1, ONE, NONE, NONE)


def test_equal_bytes_that_are_declared_differently_are_refused() -> None:
    other = replace(landed("b", "1").file, defaults={"event_type": "view"})
    with pytest.raises(InputError, match="b: files with the same bytes must be declared alike"):
        planned((), landed("a", "1"), replace(landed("b", "1"), file=other))


def test_what_is_replayed_is_read_from_landing_or_from_the_quarantine() -> None:
    first = after((), landed("a", "1"), landed("b", "2"))
    to_do = entries_of(marked(ledger_of(first), "a", "replaying"))
    assert [e.path for e in planned(to_do).replays] == ["a"]
    there = planned(to_do, landed("a", "1"))
    assert (there.replays, there.again, there.reads[0].file.delivery) == ((), ONE, 1)


def test_two_runs_that_read_other_files_at_once_judge_theirs_again() -> None:
    one, other = planned((), landed("a", "1")), planned((), landed("a", "1"), landed("b", "2"))
    counts = {"1": Counts(2, 2, 0), "2": Counts(2, 2, 0)}
    rows = other.ended(other.begun(one.begun(ledger_of([]))), counts)
    assert one.is_overtaken(rows)
    assert told(entries_of(one.ended(rows, counts))) == [("a", "1", "replaying", 1), ("b", "2", "read", 2)]


def test_two_runs_that_read_the_same_files_at_once_agree() -> None:
    one, other = planned((), landed("a", "1")), planned((), landed("a", "1"))
    rows = one.ended(one.begun(ledger_of([])), {"1": Counts(2, 2, 0)})
    assert not other.is_overtaken(rows)
    assert other.ended(other.begun(rows), {"1": Counts(2, 2, 0)}) == rows


def test_an_unknown_file_is_refused_and_so_is_a_name_of_two() -> None:
    first = ledger_of(after((), landed("a", "12345678a"), landed("b", "12345678b")))
    for name in ("c", "12345678", ""):
        with pytest.raises(ConfigError, match="must name one landed file"):
            marked(first, name, "retracting")
    assert {e.status for e in entries_of(marked(first, "12345678a", "retracting"))} == {"retracting", "read"}


def test_pending_are_the_files_that_do_not_lie_as_the_ledger_says(env: Env) -> None:
    lake, folder = ArrowLake(env.root), Path(env.landing)
    for name in ("events_1.csv", "events_2.csv"):
        (folder / name).write_text("user_id,item_id,event_type,event_time\n")
    assert pending(env, lake, "events") == ("events_1.csv", "events_2.csv")
    lake.ensure([LANDINGS])
    stamp = LandingFile(env.landing, "events_1.csv", "events", "csv").look()
    entry = replace(after((), landed("events_1.csv", "1"))[0], n_bytes=stamp.n_bytes, modified_ts=stamp.modified_ts)
    lake.update(LANDINGS, lambda rows: changed(rows, [entry]))
    assert pending(env, lake, "events") == ("events_2.csv",)
    assert pending(env, lake, "users") == ()
    (folder / "events_1.csv").write_text("user_id,item_id,event_type,event_time\nu,i,view,1\n")
    assert pending(env, lake, "events") == ("events_1.csv", "events_2.csv")
    (folder / "events_2.csv").unlink()
    lake.update(LANDINGS, lambda rows: changed(rows, [replace(entry, status="retracting")]))
    assert pending(env, lake, "events") == ("events_1.csv",)


def test_a_file_declared_otherwise_is_pending(env: Env) -> None:
    lake, path = ArrowLake(env.root), Path(env.landing) / "events_1.csv"
    path.write_text("user_id,item_id,event_type,event_time\n")
    lake.ensure([LANDINGS])
    stamp = LandingFile(env.landing, path.name, "events", "csv").look()
    entry = replace(after((), landed(path.name, "1"))[0], n_bytes=stamp.n_bytes, modified_ts=stamp.modified_ts)
    lake.update(LANDINGS, lambda rows: changed(rows, [entry]))
    assert pending(env, lake, "events") == ()
    declared = FilesSettings(table="events", path="events_1.csv", time_unit="ms")
    assert pending(env.model_copy(update={"files": (declared,)}), lake, "events") == ("events_1.csv",)


def part(path: str, delivery: int, day: date, source: str = "catalog/*") -> Inspected:
    file = LandingFile("/landing", path, "items", "csv", mode="snapshot", source=source, digest=f"{path} {delivery}")
    return Inspected(replace(file, delivery=delivery, known_from=day), 2, (), ("a", "b"))


def test_a_delivery_of_a_snapshot_is_what_its_path_matches() -> None:
    reads = (
        part("catalog/1/a.csv", 1, DAY), part("catalog/1/b.csv", 2, DAY), part("catalog/2/a.csv", 3, DAY),
        part("catalog/2/b.csv", 4, NEXT), part("users.csv", 5, DAY, "users.csv"), part("x/y/z.csv", 6, DAY, "x/**"),
    )  # fmt: skip
    found = [
        (one.file.shipment, one.known_from, one.file.delivery, len(one.digests))
        for one in points_of(Plan("items", (), reads))
    ]
    assert found == [
        ("catalog/1", DAY, 2, 2), ("catalog/2", DAY, 3, 1), ("catalog/2", NEXT, 4, 2), ("users.csv", DAY, 5, 1),
        ("x/y/z.csv", DAY, 6, 1),
    ]  # fmt: skip


def test_the_same_catalogue_after_another_one_is_news_and_another_table_s_same_bytes_are_not(env: Env) -> None:
    folder = Path(env.landing)
    (folder / "items.csv").write_text("item_id\n1\n")
    os.utime(folder / "items.csv", (1_700_000_000,) * 2)

    def digest(**keys: Any) -> str:
        return with_digest(LandingFile(env.landing, "items.csv", "items", "csv", **keys)).digest

    plain, snapshot = digest(), digest(mode="snapshot", source="items.csv")
    assert len({plain, snapshot, digest(mode="snapshot", source="items.csv", version=2)}) == 3
    os.utime(folder / "items.csv", (1_700_000_001,) * 2)
    assert digest() == plain and digest(mode="snapshot", source="items.csv") != snapshot


def test_every_version_of_a_delta_table_is_a_delivery_of_its_snapshot(env: Env) -> None:
    table = str(Path(env.landing) / "items")
    write_deltalake(table, pa.table({"item_id": ["1"]}))
    write_deltalake(table, pa.table({"item_id": ["2"]}), mode="append")
    declared = env.model_copy(update={"files": (FilesSettings(table="items", path="Items", mode="snapshot"),)})
    assert {(file.version, file.mode, file.shipment) for file in find_files(declared, "items")} == {(1, "snapshot", "items")}
    DeltaTable(table).delete("item_id = '1'")
    (left,) = find_files(declared, "items")
    assert left.version == 2 and json.loads(parser_of(left))["version"] == 2
    assert {file.version for file in find_files(env, "items")} == {None}


def test_the_ledger_keeps_microseconds() -> None:
    stamp = Stamp(1, 1_700_000_000_123_456_789)
    assert stamp.modified_ts == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
