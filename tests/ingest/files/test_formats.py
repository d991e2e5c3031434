"""Delimiters, headers, compressions, JSON arrays, Hive folders and Delta tables, as other programs write them."""

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import FilesSettings
from tawny.ingest.files.again import rows_again
from tawny.ingest.files.file import Format, LandingFile
from tawny.ingest.files.inspect import inspect, with_digest
from tawny.ingest.files.read import read_part

from .conftest import Raw

EVENT = ("user_id", "item_id", "event_type", "event_time")
TEXT = "user_id,item_id,event_type,event_time,value\nu,i,view,2024-01-01,\nv,j,rating,2024-01-02,4\n"
ROWS = [("u", "i", "view", "2024-01-01"), ("v", "j", "rating", "2024-01-02")]


def picked(rows: list[dict[str, Any]], *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(row[key] for key in keys or EVENT) for row in rows]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_the_delimiter_is_that_of_the_header_line(delimiter: str, landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text(TEXT.replace(",", delimiter))
    assert picked(raw("events")) == ROWS


def test_the_delimiter_makes_columns_that_are_known_and_not_the_most(landing: Path, raw: Raw) -> None:
    (landing / "items.csv").write_text('item_id;title, long;"a,b,c,d";price\n1;One;x;2\n')
    assert picked(raw("items"), "item_id", "price") == [("1", "2")]


def test_a_declared_delimiter_goes_before_what_the_header_looks_like(landing: Path, raw: Raw) -> None:
    (landing / "users.csv").write_text("user_id~a,b,c\nu~1,2\n")
    declared = FilesSettings(table="users", path="users.csv", delimiter="~")
    assert picked(raw("users", declared), "attributes") == [([("a,b,c", "1,2")],)]


def test_headers_are_matched_whatever_their_case_spaces_and_marks(landing: Path, raw: Raw) -> None:
    for name, header in (
        ("1.csv", " User_ID , item id,EventType,Event-Time,VALUE"),
        ("2.csv", "userId,itemID,event.type,EVENT_TIME,x"),
    ):
        (landing / f"events_{name}").write_text("\n".join([header, *TEXT.splitlines()[1:]]) + "\n")
    keys = dict(zip(("User ID", "itemId", "Event Type", "eventTime"), ROWS[0], strict=True))
    (landing / "events_3.jsonl").write_text(json.dumps(keys) + "\n")
    pa.parquet.write_table(pa.Table.from_pylist([keys]), landing / "events_4.parquet")
    assert picked(raw("events")) == [*ROWS, *ROWS, ROWS[0], ROWS[0]]


def test_a_column_that_is_declared_for_something_else_is_not_matched(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text("user_id,item_id,event_type,event_time,VALUE\nu,i,view,2024-01-01,web\n")
    declared = FilesSettings(table="events", path="events.csv", columns={"context.channel": "VALUE"})
    assert picked(raw("events", declared), "value", "context") == [(None, [("channel", "web")])]


def test_a_user_s_id_in_another_writing_is_no_attribute(landing: Path, raw: Raw) -> None:
    (landing / "users.csv").write_text("User ID,Age\nu,30\n")
    assert picked(raw("users"), "user_id", "attributes") == [("u", [("Age", "30")])]


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "events.csv.gz": gzip.compress, "events.csv.bz2": bz2.compress,
    "events.csv.zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    "events_16.csv": lambda data: data.decode().encode("utf-16"),
    "events_be.csv": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "events.csv.BZ2": lambda data: bz2.compress(data.decode().encode("utf-16")),
}  # fmt: skip


@pytest.mark.parametrize("name", PACKED)
def test_compressed_and_utf_16_text_reads_as_plain(
    name: str, landing: Path, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tawny.ingest.files.text.CHUNK_BYTES", 64)
    monkeypatch.setattr("tawny.ingest.files.text.PART_BYTES", 128)
    many = TEXT + "".join(f"ü{n},i,view,2024-01-01,\n" for n in range(300))
    (landing / name).write_bytes(PACKED[name](many.encode()))
    rows = raw("events")
    assert picked(rows[:2]) == ROWS and [row["source_line"] for row in rows] == list(range(2, 304))
    assert [row["user_id"] for row in rows[2:]] == [f"ü{n}" for n in range(300)]


def objects(n: int) -> list[dict[str, Any]]:
    return [
        {"user_id": f"u{i}", "item_id": '}],{"', "event_type": "view", "event_time": i, "context": {"a": [i]}}
        for i in range(n)
    ]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["events.json", "events.json.gz"])
def test_a_json_array_is_read_element_by_element(
    name: str, indent: int | None, landing: Path, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tawny.ingest.files.json_array.CHUNK_BYTES", 50)
    data = ("\ufeff" + json.dumps(objects(60), indent=indent)).encode()
    (landing / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    rows = raw("events")
    assert picked(rows, "source_line", "user_id", "item_id") == [(i + 1, f"u{i}", '}],{"') for i in range(60)]
    assert [json.loads(row["raw"]) for row in rows] == objects(60)


def test_an_element_that_is_no_object_or_no_json_is_malformed_and_the_next_is_read(landing: Path, raw: Raw) -> None:
    good = json.dumps(objects(1)[0])
    (landing / "events.json").write_text(f'[{good}, 7, {{"a" 1, "b": "]"}}, [{good}], null, {good}]')
    assert picked(raw("events"), "source_line", "user_id", "fault", "raw") == [
        (1, "u0", None, good), (2, None, "malformed_row", "7"), (3, None, "malformed_row", '{"a" 1, "b": "]"}'),
        (4, None, "malformed_row", f"[{good}]"), (5, None, "malformed_row", "null"), (6, "u0", None, good),
    ]  # fmt: skip


def test_json_lines_under_the_name_of_json_are_lines(landing: Path, raw: Raw) -> None:
    (landing / "events.json").write_text("".join(json.dumps(one) + "\n" for one in objects(3)))
    assert picked(raw("events"), "source_line", "user_id") == [(1, "u0"), (2, "u1"), (3, "u2")]


def test_an_empty_array_is_a_file_of_no_rows(landing: Path, raw: Raw) -> None:
    (landing / "events.json").write_text(" [ ]\n")
    assert raw("events") == []


def test_hive_folders_are_columns(landing: Path, raw: Raw) -> None:
    for day, kind in (("2024-01-01", "view"), ("2024-01-02", "click")):
        folder = landing / "events" / f"day={day}" / f"event_type={kind}"
        folder.mkdir(parents=True)
        (folder / "part-0.csv").write_text("user_id,item_id\nu,i\n")
        (folder / "part-1.jsonl").write_text('{"user_id": "v", "item_id": "i"}\n')
    declared = FilesSettings(table="events", path="events", columns={"event_time": "day", "context.day": "day"})
    assert picked(raw("events", declared), *EVENT, "context") == [
        (user, "i", kind, day, [("day", day)])
        for day, kind in (("2024-01-01", "view"), ("2024-01-02", "click"))
        for user in ("u", "v")
    ]


def test_the_null_of_hive_is_none_and_its_escapes_are_read(landing: Path, raw: Raw) -> None:
    for name in ("event_type=__HIVE_DEFAULT_PARTITION__", "event_type=a%2Fb"):
        (landing / "events" / name).mkdir(parents=True)
        (landing / "events" / name / "0.csv").write_text("user_id,item_id,event_time\nu,i,1\n")
    assert picked(raw("events"), "event_type") == [(None,), ("a/b",)]


def test_equal_bytes_in_other_hive_folders_are_other_files(landing: Path) -> None:
    files = [
        LandingFile(str(landing), path, "events", "csv") for path in ("day=1/a.csv", "day=2/a.csv", "b/a.csv", "c/a.csv")
    ]
    for file in files:
        file.full_path.parent.mkdir()
        file.full_path.write_text("x\n")
    digests = [with_digest(file).digest for file in files]
    assert digests[2] == digests[3] and len(set(digests)) == 3


def events(*users: str) -> pa.Table:
    columns = {"item_id": "i", "event_type": "view", "event_time": "2024-01-01"}
    return pa.table({"user_id": list(users), **{name: [value] * len(users) for name, value in columns.items()}})


def test_a_delta_table_is_read_by_its_log_and_not_by_its_files(landing: Path, raw: Raw) -> None:
    table = str(landing / "events")
    write_deltalake(table, events("old"))
    write_deltalake(table, events("a"), mode="overwrite")
    write_deltalake(table, events("b"), mode="append")
    assert len(list((landing / "events").glob("*.parquet"))) == 3
    assert sorted(picked(raw("events"), "user_id")) == [("a",), ("b",)]
    DeltaTable(table).optimize.compact()
    assert sorted(picked(raw("events"), "user_id")) == [("a",), ("b",)]
    for path in ("events", "events/*.parquet", "**/*.parquet"):
        declared = FilesSettings(table="events", path=path, format="delta")
        assert sorted(picked(raw("events", declared), "user_id")) == [("a",), ("b",)]


def test_the_partitions_of_a_delta_table_are_columns(landing: Path, raw: Raw) -> None:
    table = events("a", "b").set_column(2, "event_type", pa.array(["view", "a b/c"]))
    write_deltalake(str(landing / "events"), table, partition_by=["event_type"])
    assert sorted(picked(raw("events"), "user_id", "event_type")) == [("a", "view"), ("b", "a b/c")]


def test_a_delta_table_that_is_not_whole_is_an_error(landing: Path, raw: Raw) -> None:
    write_deltalake(str(landing / "events"), events("a"))
    write_deltalake(str(landing / "events"), events("b"), mode="append")
    next((landing / "events").glob("*.parquet")).unlink()
    with pytest.raises(
        InputError, match=r"events: the files of the current version must be there\. Received: 1 that are not"
    ):
        raw("events")
    (landing / "events" / "_delta_log" / f"{0:020}.json").write_text("{}\n")
    with pytest.raises(InputError, match="events: a folder with a _delta_log must be a whole Delta table"):
        raw("events")


def test_a_log_that_lies_elsewhere_is_not_followed(landing: Path, raw: Raw, tmp_path: Path) -> None:
    write_deltalake(str(landing / "events"), events("a"))
    (landing / "events" / "_delta_log").rename(tmp_path / "log")
    (landing / "events" / "_delta_log").symlink_to(tmp_path / "log")
    with pytest.raises(InputError, match=r"events/_delta_log: .*Received: a link to .*log, out of the landing folder"):
        raw("events")


def test_a_table_whose_rows_are_not_those_of_its_files_is_refused(landing: Path, raw: Raw) -> None:
    config = {"delta.columnMapping.mode": "name", "delta.minReaderVersion": "2", "delta.minWriterVersion": "5"}
    write_deltalake(str(landing / "events"), events("a"))
    log = landing / "events" / "_delta_log" / f"{0:020}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if "metaData" in action:
            action["metaData"]["configuration"] = config
    log.write_text("".join(json.dumps(action) + "\n" for action in actions))
    with pytest.raises(InputError, match=r"events: (the rows of a Delta table must be|a folder with a _delta_log)"):
        raw("events")


def test_what_is_declared_delta_and_is_none_is_refused(landing: Path, raw: Raw) -> None:
    pa.parquet.write_table(events("a"), landing / "events.parquet")
    with pytest.raises(
        ConfigError, match=r"a Delta table is a folder with a _delta_log\. Received: events\.parquet in none"
    ):
        raw("events", FilesSettings(table="events", path="events.parquet", format="delta"))


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "parquet"])
def test_rows_of_the_quarantine_are_read_as_their_file_was(form: Format, landing: Path) -> None:
    rows, path = [{"User Id": "u", "Age": "30"}, {"User Id": "v", "Age": "31"}], landing / f"users.{form}"
    if form == "parquet":
        pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        path.write_text({"csv": "User Id;Age\nu;30\nv;31\n", "jsonl": lines, "json": json.dumps(rows)}[form])
    found = inspect(LandingFile(str(landing), path.name, "users", form))
    first = [row for part in found.parts for batch in read_part(part) for row in batch.to_pylist()]
    numbered = [(row["source_line"], row["raw"]) for row in first]
    again = [row for batch in rows_again(numbered, found.file, found.names, None) for row in batch.to_pylist()]
    assert again == first and [dict(row["attributes"]) for row in again] == [{"Age": "30"}, {"Age": "31"}]


def test_a_file_without_a_header_has_the_declared_one(landing: Path, raw: Raw) -> None:
    (landing / "1.csv").write_text("u,i,view,2024-01-01\n\nv,j,rating,2024-01-02\n")
    (landing / "2.csv").write_text('"u;1";i;view;2024-01-01\n')
    declared = FilesSettings(table="events", path="*.csv", header=EVENT)
    assert picked(raw("events", declared)) == [*ROWS, ("u;1", *ROWS[0][1:])]


def test_a_declared_header_must_have_the_columns_of_the_table_and_of_the_file(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text("u,i,view,2024-01-01\n")
    with pytest.raises(InputError, match=r"events need the columns .*; event_time is not there"):
        raw("events", FilesSettings(table="events", path="events.csv", header=(*EVENT[:3], "when")))
    with pytest.raises(InputError, match="have 5 fields with ',' between them"):
        raw("events", FilesSettings(table="events", path="events.csv", header=(*EVENT, "value")))


def test_keys_of_nested_objects_are_named_with_a_point(landing: Path, raw: Raw) -> None:
    one = {"user": {"id": "u"}, "product": {"sku": "i"}, "event_type": "view", "meta": {"at": {"iso": "2024-01-01"}}}
    columns = {"user_id": "user.id", "item_id": "product.sku", "event_time": "meta.at.iso"}
    (landing / "events.jsonl").write_text(json.dumps(one) + "\n" + json.dumps({**one, "product": None}) + "\n")
    declared = FilesSettings(table="events", path="events.jsonl", columns=columns)
    assert picked(raw("events", declared)) == [ROWS[0], ("u", None, "view", "2024-01-01")]
    (landing / "events.json").write_text(json.dumps([one]))
    assert picked(raw("events", FilesSettings(table="events", path="events.json", columns=columns))) == [ROWS[0]]


def test_a_decimal_comma_is_declared(landing: Path, raw: Raw) -> None:
    text = "item_id;price\n1;1.234,50\n2;12,5\n3;1.234\n4;99.5\n5;\n6;-3,00\n7;1.234.567,89\n"
    (landing / "items.csv").write_text(text)
    declared = FilesSettings(table="items", path="items.csv", decimal=",")
    expected = ["1234.50", "12.5", "1234", "99.5", "", "-3.00", "1234567.89"]
    assert [row["price"] for row in raw("items", declared)] == expected
