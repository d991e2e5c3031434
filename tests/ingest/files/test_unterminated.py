"""A text file that was cut in its last row: the row is refused by name, unless it proves to be whole."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Raw

CSV = "user_id,item_id,event_type,event_time,value\nu,i,purchase,2024-01-01,5\nu,j,purchase,2024-01-02,129.99\n"
TEXTS = {
    "events.csv": CSV,
    "events.csv.gz": CSV,
    "events.tsv": CSV.replace(",", "\t"),
    "u.data": "1\t2\t5\t881250949\n1\t3\t4\t881250949\n",
    "ratings.dat": "1::1193::5::978300760\n1::661::3::978302109\n",
    "x.inter": "user_id:token\titem_id:token\ttimestamp:float\nu\ti\t1e9\nu\tj\t978302109\n",
}


def _faults(landing: Path, raw: Raw, name: str, text: str) -> list[tuple[Any, Any]]:
    declared = []
    if name == "events.tsv":
        from tawny.core.landing import FilesSettings

        declared = [FilesSettings(table="events", path=name)]
    (landing / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return [(row["fault"], row["fault_detail"]) for row in raw("events", *declared)]


@pytest.mark.parametrize("name", TEXTS)
def test_a_row_that_was_cut_in_its_last_field_is_refused(name: str, landing: Path, raw: Raw) -> None:
    whole = [(None, None), (None, None)]
    assert _faults(landing, raw, name, TEXTS[name]) == whole
    assert _faults(landing, raw, name, TEXTS[name][:-1]) == [whole[0], ("unterminated_row", "no line end")]
    assert _faults(landing, raw, name, TEXTS[name][:-4]) == [whole[0], ("unterminated_row", "no line end")]


def test_a_row_that_was_cut_before_its_last_field_is_refused_for_both(landing: Path, raw: Raw) -> None:
    found = _faults(landing, raw, "events.csv", CSV[:-10])
    assert found == [(None, None), ("unterminated_row", "no line end; 4 fields instead of 5")]
    found = _faults(landing, raw, "events.csv", CSV.replace("u,i", '"u",i')[:-10])
    assert found == [(None, None), ("unterminated_row", "no line end; 4 fields instead of 5")]


@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\n", "\n\r", "\n\n"])
@pytest.mark.parametrize("mark", ["", '"'])
def test_only_a_last_row_without_a_line_end_is_refused(end: str, mark: str, landing: Path, raw: Raw) -> None:
    text = f"user_id,item_id,event_type,event_time\n{mark}u{mark},i,view,2024-01-01\nu,i,view,2024-01-02{end}"
    expected = (None, None) if "\n" in end else ("unterminated_row", "no line end")
    assert _faults(landing, raw, "events.csv", text) == [(None, None), expected]


def test_a_quoted_row_of_several_lines_is_refused_where_it_has_no_end(landing: Path, raw: Raw) -> None:
    (landing / "items.csv").write_text('item_id,title\n1,"One"\n2,"Two\nlines"')
    found = [(row["source_line"], row["title"], row["fault"]) for row in raw("items")]
    assert found == [(2, "One", None), (3, "Two\nlines", "unterminated_row")]
    (landing / "items.csv").write_text('item_id,title\n1,"One"\n2,"Two\nlin')
    found = [(row["source_line"], row["raw"], row["fault"]) for row in raw("items")]
    assert found == [(2, '1,"One"', None), (3, '2,"Two', "malformed_row"), (4, "lin", "unterminated_row")]


def test_a_json_object_is_whole_where_its_brace_is_closed(landing: Path, raw: Raw) -> None:
    line = json.dumps({"user_id": "u", "item_id": "i", "event_type": "view", "event_time": 1704067200, "value": 129.99})
    assert _faults(landing, raw, "events.jsonl", f"{line}\n{line}") == [(None, None)] * 2
    for n in range(1, len(line)):
        first, (fault, detail) = _faults(landing, raw, "events.jsonl", f"{line}\n{line[:n]}")
        assert first == (None, None)
        assert fault == "unterminated_row" and detail.startswith("no line end; not JSON: ")


def test_a_file_read_in_parts_has_one_last_row(landing: Path, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tawny.ingest.files.text.CHUNK_BYTES", 64)
    monkeypatch.setattr("tawny.ingest.files.text.PART_BYTES", 300)
    text = "user_id,item_id,event_type,event_time\n" + "\n".join(f"u{n},i,view,5" for n in range(200))
    found = _faults(landing, raw, "events.csv", text)
    assert found == [(None, None)] * 199 + [("unterminated_row", "no line end")]
