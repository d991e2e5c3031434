"""Rows read again as the quarantine has them, where their file is not in landing any more."""

import csv
import io
from collections.abc import Iterator

import pyarrow as pa

from tawny.ingest.files.delimited import CsvRecord, rows_of_records
from tawny.ingest.files.file import LandingFile
from tawny.ingest.files.jsonl import rows_of_lines
from tawny.ingest.files.layout import layout_of, mapping_of, mapping_of_objects
from tawny.ingest.files.rows import Rows, canonical

Numbered = list[tuple[int, str]]
_AS_OBJECTS = ("jsonl", "json", "parquet")  # the raw text of a row of Parquet is a JSON object


def rows_again(
    numbered: Numbered, file: LandingFile, names: tuple[str, ...], unterminated_line: int | None
) -> Iterator[pa.RecordBatch]:
    """The raw rows of these lines of a file."""
    found = _split(numbered, file, names) if numbered else iter(())
    mapping = (mapping_of_objects if file.format in _AS_OBJECTS else mapping_of)(file, names)
    for rows in found:
        yield canonical(rows, file, mapping, unterminated_line)


def _split(numbered: Numbered, file: LandingFile, names: tuple[str, ...]) -> Iterator[Rows]:
    if file.format in _AS_OBJECTS:
        return rows_of_lines([raw for _, raw in numbered], [line for line, _ in numbered], file, names)
    layout = layout_of(file)
    if not layout.may_quote:
        return rows_of_records([CsvRecord(line, raw, raw.split(layout.delimiter)) for line, raw in numbered], names)
    return rows_of_records([_csv_record(line, raw, layout.delimiter) for line, raw in numbered], names)


def _csv_record(line: int, raw: str, delimiter: str) -> CsvRecord:
    try:
        found = list(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as exc:
        return CsvRecord(line, raw, None, str(exc))
    return CsvRecord(line, raw, found[0] if len(found) == 1 else None, "several rows")
