"""No file is held in memory, one with quotation marks neither, whatever stands in it."""

import tracemalloc
from pathlib import Path

import pytest

from tawny.core.config import Env
from tawny.ingest.files.find import find_files
from tawny.ingest.files.inspect import inspect, with_digest
from tawny.ingest.files.read import read_part

ROWS = 40_000
STARTS = {
    "a good row": '"u",i,view,2024-01-01,"x, y"\n',
    "a quotation mark that is never closed": 'u,i,view,2024-01-01,"x\n',
    "a stray quotation mark": '"u"x,i,view,2024-01-01,1\n',
}


@pytest.mark.parametrize("start", STARTS)
def test_a_csv_file_with_quotation_marks_is_read_in_pieces(
    start: str, landing: Path, env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tawny.ingest.files.text.CHUNK_BYTES", 1 << 16)
    monkeypatch.setattr("tawny.ingest.files.delimited._RECORDS_AT_ONCE", 200)
    path = landing / "events.csv"
    with path.open("w") as file:
        file.write("user_id,item_id,event_type,event_time,value\n" + STARTS[start])
        file.writelines(f"u{n},i,view,2024-01-01,{'1' * 60}\n" for n in range(ROWS))
    (found,) = find_files(env, "events")
    next(read_part(inspect(with_digest(found)).parts[0]))  # what is imported at the first use is no part of the file
    tracemalloc.start()
    inspected = inspect(with_digest(found))
    n_rows = sum(batch.num_rows for part in inspected.parts for batch in read_part(part))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_rows == inspected.n_rows == ROWS + 1
    assert peak < path.stat().st_size / 2
