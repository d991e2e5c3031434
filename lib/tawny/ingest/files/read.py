"""A part of a landing file as raw rows, in this process: what a Spark task does, and what `tawny init` shows."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from tawny.ingest.files.delimited import read_delimited
from tawny.ingest.files.file import Part
from tawny.ingest.files.json_array import read_json
from tawny.ingest.files.jsonl import read_jsonl
from tawny.ingest.files.layout import mapping_of, mapping_of_objects
from tawny.ingest.files.parquet import read_parquet
from tawny.ingest.files.rows import Rows, canonical

Batches = Iterator[pa.RecordBatch]


def read_part(part: Part) -> Batches:
    """The raw rows of a part of a file.

    Raises:
        InputError: the file is not the one that was inspected, or changed while it was read.
    """
    file, reader = part.file, _READERS.get(part.file.format, read_delimited)
    mapping = (mapping_of_objects if reader in (read_jsonl, read_json) else mapping_of)(file, part.names)
    try:
        for rows in reader(part):
            yield canonical(rows, part.file, mapping, part.unterminated_line)
    except Exception:
        # Of a file that changed, not what the change broke in it.
        part.file.look()
        raise
    part.file.look()


_READERS: dict[str, Callable[[Part], Iterator[Rows]]] = {"jsonl": read_jsonl, "json": read_json, "parquet": read_parquet}
