"""A sample is bounded, and shows a big file from its beginning to its end."""

import bz2
import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tawny.ingest.profile import infer_pieces
from tawny.ingest.profile.infer import infer
from tawny.ingest.profile.infer_sample import take_sample

from .cases import p, rows, u

TODAY = date(2026, 11, 29)
N = 60_000


def day(i: int) -> str:
    """In the order of time, over 300 days."""
    return f"2025-{1 + i * 10 // N:02d}-{1 + i * 280 // N % 28:02d}"


BIG = rows("user,item,at,note", lambda i: f"{u(i)},{p(i)},{day(i)}T10:00:00Z,{'x' * 60}", N)
LAST = day(N - 1)


def seen(landing: Path, name: str) -> tuple[int, str, str]:
    """Rows of the sample, and the first and last time in it."""
    sample = take_sample(landing, landing / name, 2_000)
    times = [value for value in sample.columns["at"] if value]
    return sample.n_rows, min(times)[:10], max(times)[:10]


def test_a_big_file_is_seen_from_its_first_row_to_its_last(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BIG)
    n_rows, *span = seen(tmp_path, "a.csv")
    assert (1_900 <= n_rows <= 2_000, span) == (True, [day(0), LAST])
    sample = take_sample(tmp_path, tmp_path / "a.csv", 2_000)
    assert len({value[:7] for value in sample.columns["at"] if value}) >= 8, "months between the first and the last"


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_packed_file_is_seen_at_both_ends(ending: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / f"a.csv{ending}").write_bytes(pack(BIG.encode()))
    n_rows, *span = seen(tmp_path, f"a.csv{ending}")
    assert (1_900 <= n_rows <= 2_000, span) == (True, [day(0), LAST])


def test_a_big_parquet_file_is_seen_in_its_first_middle_and_last_groups(tmp_path: Path) -> None:
    table = pa.table({"user": [u(i) for i in range(N)], "at": [day(i) for i in range(N)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=N // 5)
    n_rows, first, last = seen(tmp_path, "a.parquet")
    assert (n_rows <= 2_000, first, last >= day(N * 4 // 5)) == (True, day(0), True)
    assert take_sample(tmp_path, tmp_path / "a.parquet", 2_000).latest == {"user": "1010", "at": LAST}


@pytest.mark.parametrize("limit", [0, 64 << 20])
def test_the_last_event_is_that_of_the_whole_file_and_else_of_what_was_seen(
    limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is not in the order of time: the newest event stands in the middle."""
    monkeypatch.setattr("tawny.ingest.profile.infer._MAX_WHOLE_BYTES", limit)
    lines = BIG.splitlines(keepends=True)
    lines.insert(N // 3 + 11, "1000,500,2026-03-01T10:00:00Z,x\n")
    (tmp_path / "a.csv").write_text("".join(lines))
    found = infer(tmp_path, TODAY)
    expected = (True, date(2026, 3, 2)) if limit else (False, date.fromisoformat(LAST).replace(day=29))
    assert (found.is_last_exact, found.run_date) == expected


def test_a_file_whose_end_cannot_be_seen_gives_no_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tawny.ingest.profile.infer._MAX_WHOLE_BYTES", 0)
    monkeypatch.setattr(infer_pieces, "_CHUNK_BYTES", 64 << 10)
    monkeypatch.setitem(infer_pieces._MAX_UNPACKED_BYTES, "gzip", 1_000)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(BIG.encode()))
    found = infer(tmp_path, TODAY)
    assert (found.last_event, found.is_last_exact, found.run_date) == (None, False, None)


def test_utf_16_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(rows("user;item;at", lambda i: f"{u(i)};Käse {p(i)};2025-01-01").encode("utf-16"))
    assert take_sample(tmp_path, tmp_path / "a.csv", 100).columns["item"][0] == "Käse 500"
