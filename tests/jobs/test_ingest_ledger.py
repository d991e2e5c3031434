"""A landed file is read once; it can be corrected, taken back and read again; and no order of nights changes the tables."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tawny.core.columns import ALWAYS
from tawny.core.errors import CheckError
from tawny.core.landing import FilesSettings
from tawny.core.table import TableSpec
from tawny.ingest.ledger import pending
from tawny.runner.run import Run
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE
from tawny.tables.items import ITEMS, ITEMS_QUARANTINE
from tawny.tables.landings import LANDINGS

from .small_lake import RUN_DATE, SmallLake, new_lake

HEADER = "user_id,item_id,event_type,event_time\n"
LATER = date(2024, 3, 9)
EVENT = ("user_id", "item_id", "source_file", "source_line")
REFUSAL = ("source_file", "source_line", "reason", "detail", "raw")


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> SmallLake:
    return new_lake(spark, tmp_path)


def land(lake: SmallLake, name: str, *rows: str, second: int = 0, header: str = HEADER) -> None:
    """Write a file that was changed at that second; rows are `user,item,day of February`, or whole lines."""
    lines = [row if row.count(",") != 2 or header != HEADER else _view(row) for row in rows]
    path = lake.landing / name
    path.write_text(header + "".join(f"{line}\n" for line in lines))
    os.utime(path, (1_700_000_000 + second,) * 2)


def _view(row: str) -> str:
    user, item, day = row.split(",")
    return f"{user},{item},view,2024-02-{int(day):02d}"


def events(lake: SmallLake) -> list[tuple[Any, ...]]:
    return sorted(lake.values(EVENTS, *EVENT))


def refusals(lake: SmallLake) -> list[tuple[Any, ...]]:
    return sorted(lake.values(EVENTS_QUARANTINE, *REFUSAL))


def told(lake: SmallLake) -> list[tuple[Any, ...]]:
    return sorted(lake.values(LANDINGS, "path", "status", "n_rows", "n_accepted", "n_refused"))


def content(lake: SmallLake, *tables: TableSpec) -> dict[str, list[Any]]:
    """All rows; of the ledger without what names the run."""
    found: dict[str, list[Any]] = {}
    for table in tables:
        rows = lake.rows(table)
        found[table.name] = [{k: v for k, v in row.items() if k not in ("run_id", "run_date")} for row in rows]
    return found


def test_a_file_that_was_archived_loses_no_row_and_a_backfill_refuses_nothing_as_future(lake: SmallLake) -> None:
    land(lake, "events_1.csv", "a,1,1", "a,2", "b,1,28")
    lake.run("ingest_events")
    (lake.landing / "events_1.csv").unlink()
    land(lake, "events_2.csv", "c,1,2", "c")
    lake.run("ingest_events", date(2024, 2, 3))
    bad = [("events_1.csv", 3, "a,2"), ("events_2.csv", 3, "c")]
    assert [(file, line, raw) for file, line, _, _, raw in refusals(lake)] == bad
    assert [row[:2] for row in events(lake)] == [("a", "1"), ("b", "1"), ("c", "1")]
    versions = lake.versions(EVENTS, EVENTS_QUARANTINE, LANDINGS)
    (lake.landing / "events_2.csv").unlink()
    lake.run("ingest_events", date(2024, 2, 3))
    assert lake.versions(EVENTS, EVENTS_QUARANTINE, LANDINGS) == versions
    assert told(lake) == [("events_1.csv", "read", 3, 2, 1), ("events_2.csv", "read", 2, 1, 1)]
    assert pending(lake.env, lake.lake.arrow, "events") == ()


def test_a_touched_or_renamed_file_is_not_read_again(lake: SmallLake) -> None:
    land(lake, "events_1.csv", "a,1,1")
    lake.run("ingest_events")
    versions = lake.versions(EVENTS, EVENTS_QUARANTINE)
    land(lake, "events_1.csv", "a,1,1", second=5)
    assert lake.run("ingest_events").rows_read == {"landing": 0}
    (lake.landing / "events_1.csv").rename(lake.landing / "events_2.csv")
    assert lake.run("ingest_events").rows_read == {"landing": 0}
    assert (lake.versions(EVENTS, EVENTS_QUARANTINE), events(lake)) == (versions, [("a", "1", "events_1.csv", 2)])


def test_a_correction_ends_as_if_it_had_come_so_in_time(lake: SmallLake, spark: SparkSession, tmp_path: Path) -> None:
    land(lake, "events_1.csv", "a,1,1", "a,2,1", "a,3,1", "x")
    land(lake, "events_2.csv", "a,2,1", "b,1,2", "a,9,1", second=1)
    lake.run("ingest_events")
    land(lake, "events_1.csv", "a,1,1", "a,9,1", "a,3,1", "a,4,1", second=9)
    lake.run("ingest_events", LATER)
    (tmp_path / "straight").mkdir()
    straight = new_lake(spark, tmp_path / "straight")
    land(straight, "events_1.csv", "a,1,1", "a,9,1", "a,3,1", "a,4,1")
    land(straight, "events_2.csv", "a,2,1", "b,1,2", "a,9,1", second=1)
    straight.run("ingest_events")
    assert content(lake, EVENTS, EVENTS_QUARANTINE) == content(straight, EVENTS, EVENTS_QUARANTINE)
    assert ("events_1.csv", "replaced", 4, 3, 1) in told(lake)


def test_a_day_under_the_name_of_the_day_before_is_no_correction(lake: SmallLake) -> None:
    land(lake, "events.csv", *(f"u{n},1,1" for n in range(30)))
    lake.run("ingest_events")
    before = content(lake, EVENTS, LANDINGS)
    land(lake, "events.csv", *(f"u{n},1,2" for n in range(30)), second=9)
    with pytest.raises(CheckError, match=r"file events\.csv: a file that changes .* 30 of 30 rows .*tawny retract"):
        lake.run("ingest_events")
    assert content(lake, EVENTS, LANDINGS) == before


def test_a_robot_is_one_whatever_files_its_events_came_in(lake: SmallLake) -> None:
    lake = lake.with_settings("ingest_events", max_events_per_user_day=2)
    land(lake, "events_1.csv", "a,1,1", "a,2,1", "a,1,2", "b,1,1")
    lake.run("ingest_events")
    land(lake, "events_2.csv", "a,3,1", "a,1,1", second=1)
    lake.run("ingest_events")
    assert events(lake) == [("a", "1", "events_1.csv", 4), ("b", "1", "events_1.csv", 5)]
    robot = ("robot", "user_id=a: more than 2 events on 2024-02-01")
    assert [row[:4] for row in refusals(lake)] == [
        ("events_1.csv", 2, *robot), ("events_1.csv", 3, *robot), ("events_2.csv", 2, *robot),
        ("events_2.csv", 3, "duplicate", "first at events_1.csv:2"),
    ]  # fmt: skip
    lake.env.jobs["retract"] = {"file": "events_2.csv"}
    lake.run("retract")
    lake.run("ingest_events")
    assert events(lake)[:2] == [("a", "1", "events_1.csv", 2), ("a", "1", "events_1.csv", 4)]
    assert (len(events(lake)), refusals(lake)) == (4, [])


def test_what_only_a_copy_in_the_retracted_file_hid_shows_again(lake: SmallLake) -> None:
    land(lake, "events_1.csv", "a,1,1", "a,2,1", "bad")
    land(lake, "events_2.csv", "a,1,1", "c,1,1", second=1)
    lake.run("ingest_events")
    (lake.landing / "events_2.csv").unlink()
    lake.env.jobs["retract"] = {"file": "events_1.csv"}
    lake.run("retract", LATER)
    assert pending(lake.env, lake.lake.arrow, "events") == ("events_1.csv",)
    lake.run("ingest_events", LATER)
    assert events(lake) == [("a", "1", "events_2.csv", 2), ("c", "1", "events_2.csv", 3)]
    assert refusals(lake) == []
    assert lake.run("ingest_events", LATER).rows_read == {"landing": 0}  # though it lies in landing
    assert [row[:2] for row in told(lake)] == [("events_1.csv", "retracted"), ("events_2.csv", "read")]


@pytest.mark.parametrize("where", ["landing", "the quarantine"])
def test_a_replay_accepts_what_the_settings_refused(where: str, lake: SmallLake) -> None:
    long = "a" * 20
    land(lake, "events_1.csv", f"{long},1,1", "b,1,1", "b,1,1", "c")
    short = lake.with_settings("ingest_events", max_id_length=10)
    short.run("ingest_events")
    assert next(row[:3] for row in refusals(lake)) == ("events_1.csv", 2, "id_too_long")
    if where == "the quarantine":
        (lake.landing / "events_1.csv").unlink()
    lake.env.jobs["replay"] = {"file": "events_1.csv"}
    lake.run("replay")
    record = lake.run("ingest_events")
    assert record.rows_read["landing"] == (4 if where == "landing" else 2)
    assert events(lake) == [(long, "1", "events_1.csv", 2), ("b", "1", "events_1.csv", 3)]
    assert [row[1:3] for row in refusals(lake)] == [(4, "duplicate"), (5, "malformed_row")]
    assert told(lake) == [("events_1.csv", "read", 4, 2, 2)]


BOUNDARIES = ("update", "quarantine", "remove", "write", "remove again", "update again")


def before_the_correction(one: SmallLake) -> SmallLake:
    """A first night; then a correction lands that makes a robot of a user and brings back a duplicate."""
    one = one.with_settings("ingest_events", max_events_per_user_day=2)
    land(one, "events_1.csv", "a,1,1", "a,2,1", "d,1,1", "d,2,2", "d,3,3")
    land(one, "events_2.csv", "a,1,1", "b,1,1", "d,1,1", second=1)
    one.run("ingest_events")
    land(one, "events_1.csv", "a,1,1", "a,2,1", "d,2,2", "d,3,3", "d,4,4", "e", second=9)
    land(one, "events_3.csv", "a,3,1", "b,2,1", second=10)
    return one


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What the tables hold after the correction where nothing is killed."""
    lake = before_the_correction(new_lake(spark, tmp_path_factory.mktemp("undisturbed")))
    lake.run("ingest_events")
    return content(lake, EVENTS, EVENTS_QUARANTINE, LANDINGS)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_run_that_is_killed_after_any_commit_is_made_good_by_the_next(
    boundary: str, lake: SmallLake, undisturbed: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {row["reason"] for row in undisturbed[EVENTS_QUARANTINE.name]} == {"robot", "duplicate", "malformed_row"}
    lake = before_the_correction(lake)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        kill_after(boundary, patch)
        lake.run("ingest_events")
    lake.run("ingest_events")
    assert content(lake, EVENTS, EVENTS_QUARANTINE, LANDINGS) == undisturbed


def kill_after(boundary: str, patch: pytest.MonkeyPatch) -> None:
    """Interrupt the run after this commit."""
    name, _, is_second = boundary.partition(" ")
    from tawny.ingest.landing import Store

    owner: Any = Store if name == "remove" else Run
    before, calls = getattr(owner, name), []

    def killed(*args: Any, **named: Any) -> Any:
        written = before(*args, **named)
        calls.append(name)
        if len(calls) == (2 if is_second else 1):
            raise KeyboardInterrupt
        return written

    patch.setattr(owner, name, killed)


def test_a_killed_run_whose_file_changed_before_the_next_leaves_nothing_of_it(
    lake: SmallLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(lake, "events_1.csv", "a,1,1", "x")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        kill_after("write", patch)
        lake.run("ingest_events")
    land(lake, "events_1.csv", "b,1,1", second=9)
    lake.run("ingest_events")
    assert (events(lake), refusals(lake)) == ([("b", "1", "events_1.csv", 2)], [])
    assert told(lake) == [("events_1.csv", "read", 1, 1, 0)]


def with_ids(lake: SmallLake) -> SmallLake:
    """A shop that sends its orders again when they change; the web log beside them has no ids."""
    land(lake, "web_0.csv")
    orders = FilesSettings(table="events", path="orders_*.csv", columns={"event_id": "line_id"})
    return declaring(lake, orders, FilesSettings(table="events", path="web_*.csv"))


def declaring(lake: SmallLake, *files: FilesSettings) -> SmallLake:
    return replace(lake, env=lake.env.model_copy(update={"files": files}))


ORDERS = "line_id,user_id,item_id,event_type,event_time,value\n"
DELIVERIES = {
    "orders_1.csv": (ORDERS, "1,a,x,purchase,2024-02-01,5", "2,a,y,purchase,2024-02-01,5", "3,b,x,purchase,2024-02-02,7"),
    "web_1.csv": (HEADER, "1,x,view,2024-02-01", "a,y,view,2024-02-01", "a,z,view,2024-02-01"),
    # 1 moves to another day, 2 comes again as it was, 3 to another user; 4 and 5 are equal but for their ids.
    "orders_2.csv": (
        ORDERS, "1.0,a,x,purchase,2024-02-05,6", "2,a,y,purchase,2024-02-01,5", "3,c,x,purchase,2024-02-02,7",
        "4,d,x,purchase,2024-02-02,7", "5,d,x,purchase,2024-02-02,7", "6,d,x,purchase,,7",
    ),
    # 1 goes back to what it was, and its day had no other change.
    "orders_3.csv": (ORDERS, "1,a,x,purchase,2024-02-01,5", "4,d,x,cart,2024-02-02,7"),
}  # fmt: skip
AFTER_TWO = [
    ("1", "x", "web_1.csv", 2), ("a", "x", "orders_2.csv", 2), ("a", "y", "orders_1.csv", 3), ("a", "y", "web_1.csv", 3),
    ("a", "z", "web_1.csv", 4), ("c", "x", "orders_2.csv", 4), ("d", "x", "orders_2.csv", 5), ("d", "x", "orders_2.csv", 6),
]  # fmt: skip


def deliver(lake: SmallLake, *names: str) -> None:
    for name in names:
        header, *rows = DELIVERIES[name]
        land(lake, name, *rows, header=header, second=list(DELIVERIES).index(name))


def test_a_row_with_the_id_of_an_earlier_one_replaces_it_whatever_night_read_it(spark: SparkSession, tmp_path: Path) -> None:
    first, *others = DELIVERIES
    found: list[Any] = []
    for nights in ((tuple(DELIVERIES),), tuple((name,) for name in DELIVERIES), ((first, *others[:2]), (others[2],))):
        (tmp_path / str(len(found))).mkdir()
        lake = with_ids(new_lake(spark, tmp_path / str(len(found)))).with_settings(
            "ingest_events", max_events_per_user_day=4
        )
        for night in nights:
            deliver(lake, *night)
            lake.run("ingest_events")
            if night[-1] == "orders_2.csv":
                assert events(lake) == AFTER_TWO
        found.append(content(lake, EVENTS, EVENTS_QUARANTINE))
    assert found[0] == found[1] == found[2]
    assert [row[:4] for row in refusals(lake)] == [
        ("orders_1.csv", 4, "corrected", "corrected at orders_2.csv:4"),
        ("orders_2.csv", 2, "corrected", "corrected at orders_1.csv:2"),
        ("orders_2.csv", 3, "duplicate", "first at orders_1.csv:3"),
        ("orders_2.csv", 5, "corrected", "corrected at orders_3.csv:3"),
        ("orders_2.csv", 7, "missing_value", "event_time="),
        ("orders_3.csv", 2, "duplicate", "first at orders_1.csv:2"),
    ]
    lake.env.jobs["retract"] = {"file": "orders_3.csv"}
    lake.run("retract")
    lake.run("ingest_events")
    assert events(lake) == AFTER_TWO


@pytest.mark.parametrize("boundary", ["remove", "write"])
def test_a_correction_by_id_that_is_killed_after_any_commit_is_made_good(
    boundary: str, lake: SmallLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = with_ids(lake)
    deliver(lake, "orders_1.csv", "web_1.csv")
    lake.run("ingest_events")
    deliver(lake, "orders_2.csv")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        kill_after(boundary, patch)
        lake.run("ingest_events")
    lake.run("ingest_events")
    assert events(lake) == AFTER_TWO
    assert [row[:3] for row in refusals(lake)] == [
        ("orders_1.csv", 2, "corrected"), ("orders_1.csv", 4, "corrected"), ("orders_2.csv", 3, "duplicate"),
        ("orders_2.csv", 7, "missing_value"),
    ]  # fmt: skip


FILES = {
    "events_1.csv": ("a,1,1", "a,2,1", "b,1,1", "bad"),
    "events_2.csv": ("a,1,1", "a,3,1", "c,1,2", "c,1,2"),
    "events_3.csv": ("a,4,1", "c,1,2", "c,2,2", "b,1,1"),
}


def test_the_tables_do_not_depend_on_which_night_read_which_file(spark: SparkSession, tmp_path: Path) -> None:
    found: list[Any] = []
    for nights in (((1, 2, 3),), ((1,), (2,), (3,)), ((1,), (2, 3))):
        folder = tmp_path / str(len(found))
        folder.mkdir()
        one = new_lake(spark, folder).with_settings("ingest_events", max_events_per_user_day=2)
        for n, night in enumerate(nights):
            for number in night:
                land(one, f"events_{number}.csv", *FILES[f"events_{number}.csv"], second=number)
            one.run("ingest_events", date(2024, 3, 1 + n))
        found.append(content(one, EVENTS, EVENTS_QUARANTINE))
    assert found[0] == found[1] == found[2]


ITEM = "item_id,title,known_from\n"
KNOWN = ("item_id", "known_from", "title", "source_file")


def test_of_items_9_and_items_10_the_later_delivery_counts(lake: SmallLake) -> None:
    land(lake, "items_10.csv", "1,Ten,", header=ITEM)
    land(lake, "items_9.csv", "1,Nine,", header=ITEM)
    lake.run("ingest_items")
    assert lake.values(ITEMS, *KNOWN) == [("1", ALWAYS, "Ten", "items_10.csv")]
    assert lake.values(ITEMS_QUARANTINE, "source_file", "detail") == [("items_9.csv", "described again at items_10.csv:2")]


def test_an_item_that_lands_today_is_not_known_to_a_backfilled_date(lake: SmallLake) -> None:
    land(lake, "items_1.csv", "1,One,", header=ITEM)
    lake.run("ingest_items", LATER)
    land(lake, "items_2.csv", "1,One,", "2,Two,", "3,Three,2024-02-05", second=1, header=ITEM)
    lake.run("ingest_items", RUN_DATE)
    assert lake.values(ITEMS, *KNOWN) == [
        ("1", ALWAYS, "One", "items_1.csv"), ("2", LATER, "Two", "items_2.csv"),
        ("3", date(2024, 2, 5), "Three", "items_2.csv"),
    ]  # fmt: skip


def test_what_a_retracted_file_of_items_hid_shows_again(lake: SmallLake) -> None:
    land(lake, "items_1.csv", "1,One,", "2,Two,", header=ITEM)
    land(lake, "items_2.csv", "1,Wrong,", "4,Four,", second=1, header=ITEM)
    lake.run("ingest_items")
    land(lake, "items_3.csv", "4,Four,", second=2, header=ITEM)
    lake.run("ingest_items", LATER)
    assert [row[2] for row in lake.values(ITEMS, *KNOWN)] == ["Wrong", "Two", "Four"]
    lake.env.jobs["retract"] = {"file": "items_2.csv"}
    lake.run("retract", LATER)
    lake.run("ingest_items", LATER)
    assert lake.values(ITEMS, *KNOWN) == [
        ("1", ALWAYS, "One", "items_1.csv"), ("2", ALWAYS, "Two", "items_1.csv"), ("4", LATER, "Four", "items_3.csv"),
    ]  # fmt: skip
    assert lake.values(ITEMS_QUARANTINE, "reason") == []


CATALOG = "item_id,title,available_until\n"
ONE_TWO_THREE = ("1,One,", "2,Two,", "3,Three,2030-01-01")
DAYS = [date(2024, 3, n) for n in range(1, 6)]
SAID = ("item_id", "known_from", "title", "available_until", "source_file", "source_line")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def snapshots(lake: SmallLake) -> SmallLake:
    """A catalogue that comes as a whole, and a list of titles that adds to it."""
    land(lake, "titles_0.csv", header=CATALOG)
    catalog = FilesSettings(table="items", path="catalog*", mode="snapshot")
    return declaring(lake, catalog, FilesSettings(table="items", path="titles_*.csv"))


def test_an_item_that_is_not_in_the_newest_catalogue_is_gone_from_that_day_on(lake: SmallLake) -> None:
    lake = snapshots(lake)
    land(lake, "catalog.csv", *ONE_TWO_THREE, "4,Four,", header=CATALOG)
    land(lake, "titles_1.csv", "9,Nine,", header=CATALOG)
    lake.run("ingest_items", DAYS[0])
    land(lake, "catalog.csv", "1,Uno,", "4,Four,", header=CATALOG, second=1)
    lake.run("ingest_items", DAYS[1])
    gone = [
        (item_id, DAYS[1], title, midnight(DAYS[1]), "catalog.csv", 0) for item_id, title in (("2", "Two"), ("3", "Three"))
    ]
    first = [(str(n), ALWAYS, title) for n, title in enumerate(("One", "Two", "Three", "Four"), 1)] + [("9", ALWAYS, "Nine")]
    assert lake.values(ITEMS, *SAID, known_from=DAYS[1]) == [("1", DAYS[1], "Uno", None, "catalog.csv", 2), *gone]
    assert lake.values(ITEMS, *SAID[:3], known_from=ALWAYS) == first  # what was known yesterday stays
    assert sorted(lake.values(LANDINGS, "path", "n_rows", "n_accepted")) == [
        ("catalog.csv", 2, 2), ("catalog.csv", 4, 4), ("titles_0.csv", 0, 0), ("titles_1.csv", 1, 1),
    ]  # fmt: skip

    land(lake, "titles_2.csv", "4,Vier,", header=CATALOG, second=2)
    lake.run("ingest_items", DAYS[2])
    land(lake, "catalog.csv", *ONE_TWO_THREE, header=CATALOG, second=3)  # 4 is described by another source now
    lake.run("ingest_items", DAYS[3])
    back = [("1", "One", None), ("2", "Two", None), ("3", "Three", midnight(date(2030, 1, 1)))]
    assert lake.values(ITEMS, "item_id", "title", "available_until", known_from=DAYS[3]) == back
    versions = lake.versions(ITEMS, ITEMS_QUARANTINE)
    land(lake, "catalog.csv", *ONE_TWO_THREE, header=CATALOG, second=4)
    assert lake.run("ingest_items", DAYS[4]).rows_read == {"landing": 3}
    assert lake.versions(ITEMS, ITEMS_QUARANTINE) == versions


def test_a_catalogue_that_was_retracted_makes_nothing_go_and_a_folder_is_one_delivery(lake: SmallLake) -> None:
    lake = snapshots(lake)
    for folder, second, *parts in (
        ("catalog_1", 0, ("1,One,", "2,Two,"), ("3,Three,",)),
        ("catalog_2", 1, ("1,One,",), ("3,Three,",)),
    ):
        (lake.landing / str(folder)).mkdir()
        for n, rows in enumerate(parts):
            land(lake, f"{folder}/{n}.csv", *rows, header=CATALOG, second=second)
        lake.run("ingest_items", DAYS[second])
    assert lake.values(ITEMS, *SAID, known_from=DAYS[1]) == [("2", DAYS[1], "Two", midnight(DAYS[1]), "catalog_2/1.csv", 0)]
    lake.env.jobs["retract"] = {"file": "catalog_2/1.csv"}
    lake.run("retract", DAYS[1])
    lake.run("ingest_items", DAYS[1])
    gone = [
        ("2", DAYS[1], "Two", midnight(DAYS[1]), "catalog_2/0.csv", 0),
        ("3", DAYS[1], "Three", midnight(DAYS[1]), "catalog_2/0.csv", 0),
    ]
    assert lake.values(ITEMS, *SAID, known_from=DAYS[1]) == gone
    lake.env.jobs["retract"] = {"file": "catalog_2/0.csv"}
    lake.run("retract", DAYS[1])
    lake.run("ingest_items", DAYS[1])
    assert [row[:3] for row in lake.values(ITEMS, *SAID)] == [
        ("1", ALWAYS, "One"),
        ("2", ALWAYS, "Two"),
        ("3", ALWAYS, "Three"),
    ]


def test_of_catalogues_that_are_read_at_once_the_last_counts(lake: SmallLake) -> None:
    lake = snapshots(lake)
    land(lake, "catalog_1.csv", *ONE_TWO_THREE, header=CATALOG)
    land(lake, "catalog_2.csv", "1,Uno,", "2,Dos,", header=CATALOG, second=1)
    land(lake, "catalog_3.csv", "2,Deux,", "3,Trois,", header=CATALOG, second=2)
    lake.run("ingest_items")
    assert lake.values(ITEMS, "item_id", "title", "available_until", "source_file") == [
        ("1", "Uno", midnight(ALWAYS), "catalog_3.csv"), ("2", "Deux", None, "catalog_3.csv"),
        ("3", "Trois", None, "catalog_3.csv"),
    ]  # fmt: skip
    assert sorted(lake.values(ITEMS_QUARANTINE, "source_file", "source_line", "detail")) == [
        ("catalog_1.csv", 2, "not in catalog_3.csv"), ("catalog_1.csv", 3, "described again at catalog_3.csv:2"),
        ("catalog_1.csv", 4, "described again at catalog_3.csv:3"), ("catalog_2.csv", 2, "not in catalog_3.csv"),
        ("catalog_2.csv", 3, "described again at catalog_3.csv:2"),
    ]  # fmt: skip


def test_a_catalogue_whose_run_is_killed_is_made_good_and_half_a_catalogue_is_refused(
    lake: SmallLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = snapshots(lake)
    land(lake, "catalog.csv", *(f"{n},Item {n}," for n in range(40)), header=CATALOG)
    lake.run("ingest_items", DAYS[0])
    land(lake, "catalog.csv", *(f"{n},Item {n}," for n in range(15)), header=CATALOG, second=1)
    match = r"items_v2, snapshot catalog\.csv: .* 25 of 40 items are not in it\. .*mode = \"log\".* max_taken_back_share"
    with pytest.raises(CheckError, match=match):
        lake.run("ingest_items", DAYS[1])
    lake = lake.with_settings("ingest_items", max_taken_back_share=0.7)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        kill_after("write", patch)
        lake.run("ingest_items", DAYS[1])
    lake.run("ingest_items", DAYS[1])
    gone = lake.values(ITEMS, "item_id", "available_until", known_from=DAYS[1])
    assert gone == [(str(n), midnight(DAYS[1])) for n in sorted(range(15, 40), key=str)]
    assert len(lake.rows(ITEMS)) == 65
