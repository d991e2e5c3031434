"""What a file writes in its own way: missing values, ids that are numbers, event types, times."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tawny.core.errors import ConfigError
from tawny.core.landing import FilesSettings
from tawny.ingest.files.file import LandingFile
from tawny.ingest.ledger import Entry, parser_of

from .conftest import Raw

HEADER = "user_id,item_id,event_type,event_time,value\n"


def picked(rows: list[dict[str, Any]], *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in rows]


def test_what_programs_write_for_no_value_is_no_user(landing: Path, raw: Raw) -> None:
    texts = ("null", "NULL", "None", "NaN", "\\N", "N/A", " <NA> ", "nullah", "0")
    (landing / "events.csv").write_text(HEADER + "".join(f"{text},i,view,1704067200,nan\n" for text in texts))
    assert picked(raw("events"), "user_id", "value") == [(None, None)] * 7 + [("nullah", None), ("0", None)]


def test_a_source_says_itself_what_stands_for_no_value(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text(HEADER + "null,i,view,1,\n-,i,view,1,\n")
    declared = FilesSettings(table="events", path="events.csv", missing_values=("-",))
    assert picked(raw("events", declared), "user_id") == [("null",), (None,)]


def test_missing_values_within_maps_and_lists_are_none(landing: Path, raw: Raw) -> None:
    (landing / "users_1.csv").write_text("user_id,age,plan\nu,NaN,gold\n")
    (landing / "users_2.jsonl").write_text('{"user_id": "v", "age": NaN, "plan": "null", "city": "Bonn"}\n')
    assert [dict(row["attributes"]) for row in raw("users")] == [
        {"plan": "gold"}, {"age": None, "plan": None, "city": "Bonn"},
    ]  # fmt: skip


def test_numbers_are_one_id_however_a_format_writes_them(landing: Path, raw: Raw) -> None:
    ids = (1, 12345678901, -3)
    (landing / "events_1.csv").write_text(HEADER + "".join(f" {one}.0,{one}.000,view,1,\n" for one in ids))
    (landing / "events_2.jsonl").write_text(
        "".join(f'{{"user_id": {one}.0, "item_id": {one}, "event_type": "view", "event_time": 1}}\n' for one in ids)
    )
    floats, texts = pa.array(map(float, ids)), pa.array(map(str, ids))
    columns = {"user_id": floats, "item_id": texts, "event_type": ["view"] * 3, "event_time": [1] * 3}
    pq.write_table(pa.table(columns), landing / "events_3.parquet")
    assert picked(raw("events"), "user_id", "item_id") == [(str(one), str(one)) for one in ids] * 3


def test_an_id_that_is_no_whole_number_stays_as_it_is(landing: Path, raw: Raw) -> None:
    ids = ("1.5", "v1.0", "1.0.0", "007", "1.")
    (landing / "events.csv").write_text(HEADER + "".join(f"{one},{one},view,1,\n" for one in ids))
    assert picked(raw("events"), "user_id", "item_id") == [(one, one) for one in ids]


def test_event_types_are_translated_whatever_their_case(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text(HEADER + "u,i,ORDER ,1,\nu,i,Page View,1,\nu,i,cart,1,\nu,i,refund,1,\nu,i,,1,\n")
    declared = FilesSettings(table="events", path="events.csv", event_types={"Order": "purchase", "page view": "view"})
    assert picked(raw("events", declared), "event_type") == [("purchase",), ("view",), ("cart",), ("refund",), ("",)]


def test_times_of_another_format_become_iso_in_utc(landing: Path, raw: Raw) -> None:
    times = ("31.12.2025 23:30", "29.03.2026 03:00", "2026-01-01", "")
    (landing / "events.csv").write_text(HEADER + "".join(f"u,i,view,{one},\n" for one in times))
    declared = FilesSettings(
        table="events", path="events.csv", time_format="%d.%m.%Y %H:%M", time_zone="Europe/Berlin"
    )  # fmt: skip
    assert picked(raw("events", declared), "event_time", "fault", "fault_detail") == [
        ("2025-12-31T22:30:00+00:00", None, None),
        ("2026-03-29T01:00:00+00:00", None, None),  # summer time has just begun
        (None, "wrong_type", "event_time=2026-01-01, which is not of the format %d.%m.%Y %H:%M"),
        (None, None, None),
    ]


def test_the_day_from_which_something_is_known_is_a_day_of_its_zone(landing: Path, raw: Raw) -> None:
    (landing / "items.csv").write_text("item_id,known_from,available_from\n1,20260105,20260105\n")
    declared = FilesSettings(table="items", path="items.csv", time_format="%Y%m%d", time_zone="Asia/Tokyo")
    assert picked(raw("items", declared), "known_from", "available_from") == [("2026-01-05", "2026-01-04T15:00:00+00:00")]


def test_categories_have_the_separator_of_their_source(landing: Path, raw: Raw) -> None:
    (landing / "items.csv").write_text("item_id,categories\n1,Home > Garden\n2,Home|Bath\n3,none\n")
    declared = FilesSettings(table="items", path="items.csv", categories_separator=">")
    assert picked(raw("items", declared), "categories") == [(["Home", "Garden"],), (["Home|Bath"],), (None,)]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an event type of nobody": ({"event_types": {"order": "buy"}}, r"event_types\.order = 'buy' \(Input should be 'impr"),
    "an event type in two cases": ({"event_types": {"a": "view", "A": "cart"}}, "the case of an event type does not count"),
    "a delimiter of two characters": ({"delimiter": "::"}, "a delimiter is one character"),
    "a quotation mark as delimiter": ({"delimiter": '"'}, "a delimiter is one character, no quotation mark"),
    "a zone of nowhere": ({"time_zone": "Berlin"}, "no such time zone; zones are written as Europe/Berlin"),
    "a zone that is a path": ({"time_zone": "../etc/passwd"}, "no such time zone"),
    "a unit of nobody": ({"time_unit": "minutes"}, "Input should be 'auto', 's', 'ms', 'us' or 'ns'"),
    "a format without a day": ({"time_format": "%H:%M"}, "a format must give year, month and day"),
    "a format of another language": ({"time_format": "%Q"}, "not a format of Python's strptime"),
    "event types of items": ({"table": "items", "event_types": {"a": "view"}}, "event_types and columns.event_id are for"),
    "a snapshot of events": ({"mode": "snapshot"}, "snapshots are of items and users; events are corrected"),
    "ids of users": ({"table": "users", "columns": {"event_id": "x"}}, "event_types and columns.event_id are for"),
    "categories of events": ({"categories_separator": ";"}, "categories_separator is for items"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_setting_that_cannot_hold_is_refused_with_its_key(what: str) -> None:
    from tawny.core.config import Env, validate

    keys, message = WRONG[what]
    with pytest.raises(ConfigError, match=message):
        validate(
            Env, {"root": "r", "landing": "l", "files": [{"table": "events", "path": "x.csv", **keys}]}, where="my.toml"
        )


def entry_of(parser: str) -> LandingFile:
    from datetime import UTC, date, datetime

    day = date(2026, 1, 1)
    entry = Entry("events", "a.csv", "d", parser, 1, datetime(2026, 1, 1, tzinfo=UTC), 1, day, "read", 0, 0, 0, (), day, "r")
    return entry.file("/l")


def test_a_file_with_default_settings_is_noted_as_it_was_before_there_were_so_many() -> None:
    old = '{"columns": {}, "defaults": {}, "format": "csv", "time_unit": "s"}'
    assert parser_of(LandingFile("/l", "a.csv", "events", "csv")) == old
    assert entry_of(old).time_unit == "auto"


@pytest.mark.parametrize(
    "keys",
    [
        {"time_unit": "s"}, {"time_unit": "ns"}, {"delimiter": ";"}, {"event_types": {"order": "purchase"}},
        {"time_zone": "Europe/Berlin"}, {"time_format": "%Y%m%d"}, {"missing_values": ("-",)}, {"missing_values": ()},
    ],
)  # fmt: skip
def test_a_file_that_is_declared_otherwise_is_noted_otherwise_and_found_again(keys: dict[str, Any]) -> None:
    plain = LandingFile("/l", "a.csv", "events", "csv")
    file = LandingFile("/l", "a.csv", "events", "csv", **keys)
    assert parser_of(file) != parser_of(plain)
    again = entry_of(parser_of(file))
    assert {name: getattr(again, name) for name in keys} == keys
    assert parser_of(again) == parser_of(file)
