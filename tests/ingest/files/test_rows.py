"""What is read of good files, and which rows are malformed, format by format."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tawny.core.landing import FilesSettings

from .conftest import Raw

HEADER = "user_id,item_id,event_type,event_time,value\n"
KEYS = ("source_line", "user_id", "item_id", "event_type", "event_time", "value", "fault", "fault_detail")


def picked(rows: list[dict[str, Any]], *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(row[key] for key in keys or KEYS) for row in rows]


GOOD_AND_BAD = HEADER + "u,i,view,2024-01-01,\n\nu,i,view\nv,j,rating,2024-01-02,4,5\nw,k,click,1704067200,1.5\n"
EXPECTED = [
    (2, "u", "i", "view", "2024-01-01", "", None, None),
    (4, None, None, None, None, None, "malformed_row", "3 fields instead of 5"),
    (5, None, None, None, None, None, "malformed_row", "6 fields instead of 5"),
    (6, "w", "k", "click", "1704067200", "1.5", None, None),
]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_rows_with_too_few_or_too_many_fields_are_malformed(landing: Path, raw: Raw, ends: str, mark: str) -> None:
    (landing / "events.csv").write_bytes((mark + GOOD_AND_BAD.replace("\n", ends)).encode())
    assert picked(raw("events")) == EXPECTED


def test_compressed_csv_reads_as_plain(landing: Path, raw: Raw) -> None:
    (landing / "events.csv.gz").write_bytes(gzip.compress(GOOD_AND_BAD.encode()))
    assert picked(raw("events")) == EXPECTED


def test_the_row_is_kept_as_it_came(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text(GOOD_AND_BAD)
    came = [line for line in GOOD_AND_BAD.splitlines()[1:] if line]
    assert picked(raw("events"), "source_file", "raw") == [("events.csv", line) for line in came]


def test_quoted_csv_keeps_delimiters_quotes_and_line_ends(landing: Path, raw: Raw) -> None:
    text = 'item_id,title\n1,"One, ""first"""\n2,"Two\nlines"\n3,Three\n'
    (landing / "items.csv").write_text(text)
    assert picked(raw("items"), "source_line", "item_id", "title", "raw") == [
        (2, "1", 'One, "first"', '1,"One, ""first"""'),
        (3, "2", "Two\nlines", '2,"Two\nlines"'),
        (5, "3", "Three", "3,Three"),
    ]


def test_a_quotation_mark_that_is_not_closed_loses_its_own_line_only(landing: Path, raw: Raw) -> None:
    (landing / "items.csv").write_text('item_id,title\n1,"open\n2,Two\n3,"Three"x\n4,Four\n')
    assert picked(raw("items"), "source_line", "item_id", "fault", "fault_detail", "raw") == [
        (2, None, "malformed_row", "',' expected after '\"'", '1,"open'),
        (3, "2", None, None, "2,Two"),
        (4, None, "malformed_row", "',' expected after '\"'", '3,"Three"x'),
        (5, "4", None, None, "4,Four"),
    ]


def test_other_separators_within_a_field_do_not_split_the_line(landing: Path, raw: Raw) -> None:
    for name, title in (("items_plain.csv", "a\x0bb\u2028c"), ("items_quoted.csv", '"a\x0bb\u2028c"')):
        (landing / name).write_text(f"item_id,title\n1,{title}\n2,d\n", encoding="utf-8")
    assert picked(raw("items"), "source_line", "title") == [(2, "a\x0bb\u2028c"), (3, "d")] * 2


def test_a_header_alone_is_a_file_of_no_rows(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text(HEADER)
    assert raw("events") == []


def test_json_lines_that_are_no_objects_are_malformed(landing: Path, raw: Raw) -> None:
    good = {"user_id": "u", "item_id": 7, "event_type": "view", "event_time": 1704067200.5, "context": {"a": 1, "b": None}}
    nested = {**good, "user_id": ["u"], "value": True}
    lines = [json.dumps(good), "{bad", "[1]", json.dumps(nested), "[" * 100_000]
    (landing / "events.jsonl").write_text("\n".join(lines) + "\n")
    rows = raw("events")
    assert picked(rows[:1]) == [(1, "u", "7", "view", "1704067200.5", None, None, None)]
    assert rows[0]["context"] == [("a", "1")]
    assert [row["fault"] for row in rows[1:]] == ["malformed_row", "malformed_row", "wrong_type", "malformed_row"]
    assert rows[1]["fault_detail"].startswith("not JSON: Expecting property name")
    assert rows[2]["fault_detail"] == "a JSON list instead of an object"
    assert (rows[3]["fault_detail"], rows[3]["value"]) == ('user_id=["u"]', "true")
    assert [row["raw"] for row in rows] == lines


def test_a_context_that_is_no_object_has_the_wrong_type(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").write_text(
        "user_id,item_id,event_type,event_time,context\n"
        'u,i,view,2024-01-01,"{""page"": ""home"", ""n"": 2}"\n'
        "u,i,view,2024-01-01,[1]\nu,i,view,2024-01-01,\n"
    )
    assert picked(raw("events"), "context", "fault", "fault_detail") == [
        ([("page", "home"), ("n", "2")], None, None),
        ([], "wrong_type", "context=[1]"),
        ([], None, None),
    ]


def test_categories_are_separated_by_bars_or_a_json_array(landing: Path, raw: Raw) -> None:
    (landing / "items.jsonl").write_text(
        '{"item_id": "1", "categories": ["a|b", "c"]}\n{"item_id": "2", "categories": "a|b"}\n'
        '{"item_id": "3"}\n{"item_id": "4", "categories": [1]}\n{"item_id": "5", "categories": {"a": 1}}\n'
    )
    assert picked(raw("items"), "categories", "fault_detail") == [
        (["a|b", "c"], None), (["a", "b"], None), (None, None), (None, "categories=[1]"), (None, 'categories={"a": 1}'),
    ]  # fmt: skip


def test_parquet_of_other_types_becomes_the_same_text(landing: Path, raw: Raw) -> None:
    when = datetime(2024, 1, 1, 12, 30, tzinfo=UTC)
    table = pa.table(
        {
            "user_id": pa.array([1, None], pa.int64()),
            "item_id": pa.array(["i", 'quote " and\nline']).dictionary_encode(),
            "event_type": pa.array(["view", "view"], pa.large_string()),
            "event_time": pa.array([when, when], pa.timestamp("ns", "Europe/Berlin")),
            "value": pa.array([1.5, None]),
            "context": pa.array([[("k", "v")], None], pa.map_(pa.string(), pa.string())),
        }
    )
    pq.write_table(table, landing / "events.parquet")
    first, second = raw("events")
    assert picked([first], "user_id", "item_id", "event_time", "value") == [("1", "i", "2024-01-01 12:30:00.000000Z", "1.5")]
    assert (first["context"], second["context"]) == ([("k", "v")], None)
    assert (second["user_id"], second["source_line"]) == (None, 2)
    assert json.loads(second["raw"]) == {
        "user_id": None, "item_id": 'quote " and\nline', "event_type": "view", "event_time": "2024-01-01 12:30:00.000000Z",
        "value": None, "context": None,
    }  # fmt: skip


def test_images_are_bytes_or_paths(landing: Path, raw: Raw) -> None:
    table = pa.table({"item_id": ["1"], "image": [b"\x89PNG"], "categories": [["a", "b"]]})
    pq.write_table(table, landing / "items_1.parquet")
    (landing / "items_2.csv").write_text("item_id,image\n2,pictures/2.png\n")
    assert picked(raw("items"), "item_id", "image", "image_path", "categories") == [
        ("1", b"\x89PNG", None, ["a", "b"]),
        ("2", None, "pictures/2.png", None),
    ]
    # The digest by `printf '\x89PNG' | sha256sum`.
    digest = "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543"
    assert json.loads(raw("items")[0]["raw"])["image"] == {"n_bytes": 4, "sha256": digest}


def test_every_other_column_of_a_user_is_an_attribute(landing: Path, raw: Raw) -> None:
    (landing / "users_1.csv").write_text("user_id,age,plan\nu,30,\n")
    (landing / "users_2.jsonl").write_text('{"user_id": "v", "age": 31, "attributes": {"plan": "gold"}, "old": null}\n')
    pq.write_table(pa.table({"user_id": ["w"], "age": [32]}), landing / "users_3.parquet")
    assert picked(raw("users"), "user_id", "attributes") == [
        ("u", [("age", "30")]), ("v", [("age", "31"), ("plan", "gold")]), ("w", [("age", "32")]),
    ]  # fmt: skip


def test_a_team_maps_its_own_columns_without_code(landing: Path, raw: Raw) -> None:
    (landing / "orders.tsv").write_text("kunde\tartikel\tzeit\tpreis\tshop\nu\ti\t1704067200000\t9.5\tBerlin\n")
    declared = FilesSettings(
        table="events", path="*.tsv", time_unit="ms", defaults={"event_type": "purchase", "context.country": "de"},
        columns={"user_id": "kunde", "item_id": "artikel", "event_time": "zeit", "value": "preis", "context.shop": "shop"},
    )  # fmt: skip
    (row,) = raw("events", declared)
    assert picked([row]) == [(2, "u", "i", "purchase", "1704067200000", "9.5", None, None)]
    assert (sorted(row["context"]), row["time_unit"]) == ([("country", "de"), ("shop", "Berlin")], "ms")


def test_json_keys_that_are_left_out_take_the_default(landing: Path, raw: Raw) -> None:
    (landing / "clicks.jsonl").write_text(
        '{"who": "u", "item_id": "i", "event_time": "2024-01-01"}\n'
        '{"who": "u", "item_id": "i", "event_time": "2024-01-01", "event_type": "like"}\n'
    )
    declared = FilesSettings(
        table="events", path="clicks.jsonl", columns={"user_id": "who"}, defaults={"event_type": "click"}
    )
    assert picked(raw("events", declared), "user_id", "event_type") == [("u", "click"), ("u", "like")]
