"""A file that is not what it says is an error that names the file and the rule."""

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tawny.core.errors import InputError
from tawny.core.landing import FilesSettings

from .conftest import Raw

HEADER = b"user_id,item_id,event_type,event_time\n"
ROW = b"u,i,view,2024-01-01\n"
ZSTD = pa.compress(HEADER + ROW, codec="zstd", asbytes=True)
OBJECT = b'[{"user_id": "u", "item_id": "i", "event_type": "view", "event_time": 1}'
WHOLE_GZIP = gzip.compress(HEADER + ROW * 1000, mtime=0)

BAD: dict[str, tuple[str, bytes, str]] = {
    "empty": ("events.csv", b"", r"events\.csv: the file must not be empty"),
    "only blank lines": ("events.csv", b"\n\r\n\n", r"events\.csv: the file must not be empty"),
    "empty gzip": ("events.csv.gz", gzip.compress(b""), r"events\.csv\.gz: the file must not be empty"),
    "truncated gzip": ("events.csv.gz", WHOLE_GZIP[:-20], r"events\.csv\.gz: a \.gz file must be whole gzip"),
    "gzip with a wrong byte": (
        "events.csv.gz",
        WHOLE_GZIP[:-6] + bytes([WHOLE_GZIP[-6] ^ 1]) + WHOLE_GZIP[-5:],
        r"events\.csv\.gz: a \.gz file must be whole gzip\. Received: CRC check failed",
    ),
    "not gzip": ("events.csv.gz", HEADER + ROW, r"events\.csv\.gz: a \.gz file must be whole gzip"),
    "gzip without the ending": ("events.csv", WHOLE_GZIP, r"csv must be text\. Received: what begins like gzip without"),
    "Parquet named csv": ("events.csv", b"PAR1....PAR1", r"events\.csv: csv must be text\. Received: .*Parquet"),
    "zip": ("events.jsonl", b"PK\x03\x04....", r"events\.jsonl: jsonl must be text\. Received: .*a zip archive"),
    "binary": ("events.csv", HEADER + ROW + b"a\x00b", r":3: csv must be text\. Received: a zero byte at byte 59"),
    "half of UTF-16": ("events.csv", (HEADER + ROW).decode().encode("utf-16")[:-1], r"text must be UTF-8, or UTF-16 with"),
    "UTF-16 without a mark": ("events.csv", (HEADER + ROW).decode().encode("utf-16-le"), r"csv must be text\. .*zero byte"),
    "truncated bzip2": ("events.csv.bz2", bz2.compress(HEADER + ROW)[:-9], r"a \.bz2 file must be whole bzip2\."),
    "truncated zstd": ("events.csv.zst", ZSTD[:-5], r"a \.zst file must be whole zstd\. Received: Truncated"),
    "not zstd": ("events.csv.zst", HEADER + ROW, r"a \.zst file must be whole zstd\."),
    "zstd without the ending": ("events.csv", ZSTD, r"csv must be text\. Received: .* zstd without the ending"),
    "Latin-1": (
        "events.csv",
        HEADER + ROW + "ü,i,view,2024-01-01\n".encode("latin-1"),
        r"events\.csv:3: text must be UTF-8\. Received: byte 0xfc at byte 58",
    ),
    "a column missing": (
        "events.csv",
        b"user_id,item,event_type,event_time\n" + ROW,
        r"events\.csv:1: events need the columns .*; item_id is not there\. Received: columns user_id, item, event_type",
    ),
    "another delimiter": ("events.csv", HEADER.replace(b",", b"/") + ROW, r"Received: columns user_id/item_id/event_type"),
    "two columns for one": (
        "events.csv",
        b"User ID,user-id,item_id,event_type,event_time\n",
        r"events\.csv:1: one column must be user_id\. Received: User ID, user-id\. .*columns = \{ user_id = \"User ID\" \}",
    ),
    "an array that was cut": ("events.json", b'[{"user_id": "u"}, {"user', r"events\.json:2: .*the end of the file within"),
    "an array without its end": ("events.json", OBJECT, r"events\.json:1: .* no comma and no `\]` after element 1"),
    "something after the array": ("events.json", OBJECT + b"] [", r"'\[' after the array of 1 elements"),
    "an array of numbers": ("events.json", b"[1, 2]", r"one array of objects\. Received: an array that begins with 1"),
    "an array without a column": ("events.json", b'[{"user_id": "u"}]', r"item_id, event_type, event_time is not there"),
    "an object of arrays": ("events.json", b'{\n"events": []}', r"events\.json:1: JSON Lines hold one object a line"),
    "no header": ("events.csv", ROW * 2, r"events\.csv:1: events need the columns"),
    "a column twice": (
        "events.csv",
        b"user_id,item_id,event_type,event_time,user_id\n",
        r"events\.csv:1: the header must name a column once\. Received: user_id",
    ),
    "not JSON": ("events.jsonl", HEADER + ROW, r"events\.jsonl:1: JSON Lines hold one object a line\. Received: none"),
    "a JSON array": ("events.jsonl", b'[{"user_id": "u"}]\n', r"JSON Lines hold one object a line"),
    "JSON without a column": ("events.jsonl", b'{"user_id": "u"}\n', r"item_id, event_type, event_time is not there"),
    "text named Parquet": ("events.parquet", HEADER + ROW, r"events\.parquet: the file must be whole Parquet"),
    "empty Parquet": ("events.parquet", b"", r"events\.parquet: the file must not be empty\. Received: 0 bytes"),
    "MovieLens with other fields": (
        "u.data",
        b"1,2,3,4\n5,6,7,8\n",
        r"u\.data:1: movielens-100k events have 4 fields with '\\t' between them\. Received: 1 in the first line",
    ),
    "MovieLens 1M with tabs": ("ratings.dat", b"1\t2\t3\t4\n", r"ratings\.dat:1: movielens-1m events have 4 fields"),
    "atomic file without types": (
        "x.inter",
        b"user_id\titem_id\ttimestamp\n",
        r"x\.inter:1: the header of an atomic file is tab-separated name:type.*Received: user_id, item_id, timestamp",
    ),
    "atomic file of an unknown type": ("x.inter", b"user_id:int\titem_id:token\n", r"Received: user_id:int"),
    "atomic file without times": ("x.inter", b"user_id:token\titem_id:token\n", r"event_time is not there"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_not_what_it_says_is_an_error(name: str, landing: Path, raw: Raw) -> None:
    file, content, message = BAD[name]
    (landing / file).write_bytes(content)
    with pytest.raises(InputError, match=message):
        raw("events")


def test_damaged_parquet_pages_are_an_error(landing: Path, raw: Raw) -> None:
    columns = {name: ["x"] * 1000 for name in ("user_id", "item_id", "event_type", "event_time")}
    pq.write_table(pa.table(columns), landing / "events.parquet", compression="snappy", use_dictionary=False)
    whole = (landing / "events.parquet").read_bytes()
    (landing / "events.parquet").write_bytes(whole[:10] + b"\xff" * 60 + whole[70:])
    with pytest.raises(InputError, match=r"events\.parquet: the file must be whole Parquet"):
        raw("events")


def test_truncated_parquet_is_an_error(landing: Path, raw: Raw) -> None:
    pq.write_table(pa.table({"item_id": ["i"]}), landing / "items.parquet")
    whole = (landing / "items.parquet").read_bytes()
    (landing / "items.parquet").write_bytes(whole[:-10])
    with pytest.raises(InputError, match=r"items\.parquet: the file must be whole Parquet"):
        raw("items")


def test_a_parquet_list_where_one_value_belongs_is_an_error(landing: Path, raw: Raw) -> None:
    pq.write_table(pa.table({"item_id": [["i", "j"]]}), landing / "items.parquet")
    with pytest.raises(InputError, match=r"items\.parquet:item_id: item_id is one value a row\. Received: type list"):
        raw("items")


def test_a_line_longer_than_a_row_can_be_is_an_error(landing: Path, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tawny.ingest.files.text.MAX_LINE_BYTES", 100)
    monkeypatch.setattr("tawny.ingest.files.text.CHUNK_BYTES", 60)
    (landing / "events.csv").write_bytes(HEADER + b"x" * 500)
    with pytest.raises(InputError, match=r"events\.csv:2: a line holds one row, of at most 100 bytes"):
        raw("events")


def test_a_file_that_cannot_be_opened_is_an_error(landing: Path, raw: Raw) -> None:
    (landing / "events.csv").symlink_to(landing / "gone.csv")
    with pytest.raises(
        InputError, match=r"events\.csv: the landing folder must hold .* Received: a link to .*gone\.csv, which is not there"
    ):
        raw("events")


def test_a_declared_column_that_the_file_lacks_is_an_error(landing: Path, raw: Raw) -> None:
    (landing / "orders.csv").write_bytes(HEADER + ROW)
    declared = FilesSettings(table="events", path="orders.csv", columns={"value": "amount"})
    with pytest.raises(InputError, match=r"orders\.csv:1: .*amount \(for value\) is not there"):
        raw("events", declared)
