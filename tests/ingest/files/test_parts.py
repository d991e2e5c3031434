"""A file read in parts, by blocks of any size, is the file."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tawny.ingest.files.delimited import csv_records
from tawny.ingest.files.file import LandingFile
from tawny.ingest.files.inspect import inspect
from tawny.ingest.files.read import read_part

from .conftest import Raw

LINES = st.lists(st.text(st.sampled_from('ab,"\t\r é'), max_size=12), max_size=30)


@pytest.mark.parametrize("name", ["events.csv", "events.csv.gz", "u.data", "events.jsonl"])
def test_small_parts_and_blocks_give_the_same_rows_and_line_numbers(
    name: str, landing: Path, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {
        "u.data": [f"u{n}\ti{n}\t{n}\t5" for n in range(200)],
        "events.jsonl": [f'{{"user_id": "u{n}", "item_id": "i", "event_type": "v", "event_time": 1}}' for n in range(200)],
    }
    lines = made.get(name, ["user_id,item_id,event_type,event_time", *(f"u{n},i,view,5" for n in range(200))])
    lines.insert(50, "")
    text = "\n".join(lines).encode()
    (landing / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    whole = raw("events")
    monkeypatch.setattr("tawny.ingest.files.text.CHUNK_BYTES", 64)
    monkeypatch.setattr("tawny.ingest.files.text.PART_BYTES", 300)
    assert raw("events") == whole
    assert [(row["source_line"], row["raw"]) for row in whole] == [
        (number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("user_id,")
    ]
    if name in ("events.csv", "events.jsonl"):
        file = LandingFile(str(landing), name, "events", "jsonl" if "jsonl" in name else "csv")
        assert len(inspect(file).parts) > 5


def test_row_groups_are_shared_by_tasks(landing: Path, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tawny.ingest.files.inspect._ROWS_PER_PART", 250)
    ids = [str(n) for n in range(1000)]
    pq.write_table(pa.table({"item_id": ids}), landing / "items.parquet", row_group_size=100)
    assert [(row["source_line"], row["item_id"]) for row in raw("items")] == [(n + 1, str(n)) for n in range(1000)]
    parts = inspect(LandingFile(str(landing), "items.parquet", "items", "parquet")).parts
    assert [(part.start, part.stop, part.first_line) for part in parts] == [
        (0, 3, 1), (3, 6, 301), (6, 9, 601), (9, 10, 901),
    ]  # fmt: skip


@given(LINES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_csv_file_holds_no_row_and_no_character_is_lost(tmp_path: Path, lines: list[str]) -> None:
    body = "\n".join(lines)
    (tmp_path / "items.csv").write_bytes(f"item_id,title\n{body}".encode())
    seen = inspect(LandingFile(str(tmp_path), "items.csv", "items", "csv"))
    rows = [row for part in seen.parts for batch in read_part(part) for row in batch.to_pylist()]
    assert len(rows) == seen.n_rows
    in_file = [line.rstrip("\r") for line in body.split("\n")]
    in_rows = [
        line.rstrip("\r") for row in sorted(rows, key=lambda row: row["source_line"]) for line in row["raw"].split("\n")
    ]
    assert [line for line in in_rows if line] == [line for line in in_file if line]


def test_reading_goes_on_after_an_open_quotation_mark() -> None:
    lines = ['a,"b\n', "c,d\n", 'e,"f\n', 'g"\n']
    found = [(record.line, record.fields) for record in csv_records(enumerate(lines, 1), ",")]
    assert found == [(1, None), (2, ["c", "d"]), (3, ["e", "f\ng"])]
