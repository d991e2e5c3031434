"""A bounded sample of one raw file of whatever format: its columns as text, from its first, middle and last parts."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from tawny.core.errors import InputError
from tawny.ingest.files.parquet import text_of
from tawny.ingest.files.regular import resolve_below
from tawny.ingest.files.rows import as_text
from tawny.ingest.profile.infer_pieces import CODECS, NotUnderstoodError, packed_pieces, plain_pieces, utf_16_pieces

DELIMITERS = (",", ";", "\t", "|")
"""Those that the reader of CSV finds by itself; another must be declared."""

_RARE_DELIMITERS = ("\x01", "^", "~", "¦", "§", "::", "#", " ")
_NUMBER_OR_TIME = re.compile(r"[-+]?\d[\d.:TZ -]*")

_FOREIGN = {
    b"PK\x03\x04": "a zip archive (or a spreadsheet); unpack it, or save it as CSV",
    b"Obj\x01": "Avro; save it as Parquet", b"ORC": "ORC; save it as Parquet",
    b"%PDF": "a PDF", b"<?xml": "XML; save it as CSV",
    b"SQLite format 3": "an SQLite database; read it with `tawny init LANDING --from-database sqlite:///PATH`",
}  # fmt: skip
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Sample:
    """Some rows of a file.

    Attributes:
        format: csv, jsonl, json or parquet.
        columns: by name, the values as text; None where a row has none. Keys of nested objects are joined by dots.
        delimiter: between two fields of CSV.
        is_whole: every row of the file is in it.
        header: the first line of CSV.
        encoding: of its text.
        has_header: false where the first line of CSV is a row like the others.
        sees_end: the last rows of the file are in it.
        latest: by column, the greatest value of the whole file, where the file knows it (Parquet).
    """

    format: str
    columns: dict[str, list[str | None]]
    delimiter: str = ""
    is_whole: bool = True
    header: str = ""
    encoding: str = "utf-8-sig"
    has_header: bool = True
    sees_end: bool = True
    latest: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in the file's order."""
        return tuple(self.columns)

    @property
    def n_rows(self) -> int:
        """In the sample."""
        return len(next(iter(self.columns.values()), []))


def take_sample(landing: Path, path: Path, n_rows: int) -> Sample:
    """At most `n_rows` rows of a file.

    Raises:
        NotUnderstoodError: it is no table that Tawny can read.
        InputError: it is no regular file below the landing folder, or cannot be read.
    """
    try:
        resolved = resolve_below(landing, path)
        n_bytes = resolved.stat().st_size
        with resolved.open("rb") as raw:
            start = raw.read(64)
        if not start:
            raise NotUnderstoodError("it is empty")
        if start.startswith(b"PAR1"):
            return _sample_parquet(resolved, n_rows)
        for signature, meaning in _FOREIGN.items():
            if start.startswith(signature):
                raise NotUnderstoodError(meaning)
        codec, ending = next((found for signature, found in CODECS.items() if start.startswith(signature)), (None, ""))
        if codec and not path.name.lower().endswith(ending):
            raise NotUnderstoodError(f"{codec} without the ending {ending}; rename it")
        is_utf_16 = start.startswith(_UTF_16)
        if codec:
            pieces = packed_pieces(resolved, codec, n_rows, n_bytes)
        else:
            pieces = (utf_16_pieces if is_utf_16 else plain_pieces)(resolved, n_bytes, n_rows)
        sample = _sample_text(pieces.parts, n_rows, is_whole=pieces.is_whole)
        return replace(sample, sees_end=pieces.sees_end, encoding="utf-16" if is_utf_16 else sample.encoding)
    except (pa.ArrowInvalid, EOFError) as exc:
        raise NotUnderstoodError(f"it is damaged or cut: {str(exc).splitlines()[0][:120]}") from exc
    except OSError as exc:
        shown = str(path.relative_to(landing))
        rule = "a landing file must be readable."
        raise InputError(where=shown, rule=rule, came=str(exc), do="Correct its permissions, or take it out.") from exc


def _sample_parquet(path: Path, n_rows: int) -> Sample:
    with pq.ParquetFile(path) as file:
        n_groups, total = file.num_row_groups, file.metadata.num_rows
        if total <= n_rows:
            batches = [pa.Table.from_batches(file.iter_batches(), file.schema_arrow)]
        else:
            chosen = sorted({0, n_groups // 2, n_groups - 1})
            share = n_rows // len(chosen)
            batches = [pa.Table.from_batches([next(file.iter_batches(share, row_groups=[group]))]) for group in chosen]
        table = pa.concat_tables(batches).combine_chunks()
        columns: dict[str, list[str | None]] = {}
        for name in table.column_names:
            chunked = table[name]
            array = chunked.chunk(0) if chunked.num_chunks else pa.array([], chunked.type)
            columns |= _parquet_column(name, array)
        return Sample("parquet", columns, is_whole=total <= n_rows, latest=_parquet_latest(file))


def _parquet_column(name: str, array: pa.Array) -> dict[str, list[str | None]]:
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        return {name: [None if value is None else f"<{len(value)} bytes>" for value in array.to_pylist()]}
    texts = text_of(array)
    return {name: texts.to_pylist() if pa.types.is_string(texts.type) else [as_text(value) for value in texts.to_pylist()]}


def _parquet_latest(file: pq.ParquetFile) -> dict[str, str]:
    """The greatest value by column, as the row groups' statistics have it."""
    latest: dict[str, Any] = {}
    metadata = file.metadata
    for group in range(metadata.num_row_groups):
        for i in range(metadata.num_columns):
            column = metadata.row_group(group).column(i)
            if column.statistics is not None and column.statistics.has_min_max:
                name, most = column.path_in_schema, column.statistics.max
                latest[name] = most if name not in latest else max(latest[name], most)
    return {name: str(value) for name, value in latest.items()}


def _sample_text(parts: list[bytes], n_rows: int, *, is_whole: bool) -> Sample:
    if b"\0" in parts[0][:4096]:
        raise NotUnderstoodError("it is binary")
    try:
        texts = [_decoded(part, is_cut=not is_whole) for part in parts]
    except UnicodeDecodeError as exc:
        rule = f"it is not UTF-8 (byte 0x{exc.object[exc.start]:02x}); convert it: iconv -f WINDOWS-1252 -t UTF-8"
        raise NotUnderstoodError(rule) from exc
    begin = texts[0].lstrip()[:1]
    if not begin:
        raise NotUnderstoodError("there is no line with anything in it")
    if begin == "{":
        rows = [row for text in texts for row in _json_lines(text.splitlines())]
        is_all = is_whole and len(rows) <= n_rows
        return Sample("jsonl", _columns_of(_objects(rows, "the lines"), n_rows), is_whole=is_all)
    if begin == "[":
        rows = list(islice(_array_members(texts[0]), n_rows + 1))
        is_all = is_whole and len(rows) <= n_rows
        return Sample("json", _columns_of(_objects(rows, "the array"), n_rows), is_whole=is_all)
    return _sample_delimited(texts, n_rows, is_whole=is_whole)


def _decoded(data: bytes, *, is_cut: bool) -> str:
    """UTF-8 without a mark; of what was cut, without the bytes of half a character."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        if is_cut and exc.start >= len(data) - 3:
            return data[: exc.start].decode("utf-8-sig")
        raise


def _json_lines(lines: Iterable[str]) -> Iterator[Any]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _array_members(text: str) -> Iterator[Any]:
    """The members of a JSON array, of which the end may be missing."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            member, at = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield member


def _objects(rows: list[Any], what: str) -> list[dict[str, Any]]:
    found = [row for row in rows if isinstance(row, dict)]
    if not found or len(found) < len(rows) / 2:
        raise NotUnderstoodError(f"{what} hold no JSON object a row")
    return found


def _columns_of(rows: list[dict[str, Any]], n_rows: int) -> dict[str, list[str | None]]:
    flat = [dict(_flat(row)) for row in _spread(rows, n_rows)]
    names = dict.fromkeys(name for row in flat for name in row)
    return {name: [as_text(row.get(name)) for row in flat] for name in names}


def _flat(row: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def _spread(rows: list[Any], n_rows: int) -> list[Any]:
    """At most so many, evenly from all, the last one among them."""
    if len(rows) <= n_rows:
        return rows
    return [rows[i * (len(rows) - 1) // (n_rows - 1)] for i in range(n_rows)]


def _sample_delimited(texts: list[str], n_rows: int, *, is_whole: bool) -> Sample:
    delimiter = find_delimiter(texts[0])
    if delimiter is None:
        raise NotUnderstoodError("its lines are no rows of fields with the same delimiter")
    records = [record for text in texts for record in _records(io.StringIO(text, newline=""), delimiter)]
    header, rows = records[0], records[1:]
    names = [name.strip() for name in header]
    has_header = not _is_data(names, rows)
    if not has_header:
        names, rows = [f"column_{i + 1}" for i in range(len(header))], records
    if len(set(names)) < len(names):
        twice = [name for name, n in Counter(names).items() if n > 1]
        raise NotUnderstoodError(f"its header names a column twice: {', '.join(twice)}; rename one")
    good = _spread([row for row in rows if len(row) == len(names)], n_rows)
    columns: dict[str, list[str | None]] = {
        name: [value or None for value in values] for name, values in zip(names, zip(*good, strict=True), strict=True)
    } if good else {name: [] for name in names}  # fmt: skip
    is_all = is_whole and len(rows) <= n_rows
    return Sample("csv", columns, delimiter, is_all, texts[0].splitlines()[0], has_header=has_header)


def find_delimiter(text: str) -> str | None:
    """The delimiter with which most of the first lines have as many fields as the first; None where there is none."""
    lines = [line for line in text.splitlines()[:200] if line]
    best: tuple[float, int] = (0.0, 0)
    found = None
    for delimiter in (*DELIMITERS, *_RARE_DELIMITERS):
        counts = [len(record) for record in _records(lines, delimiter)]
        if not counts or counts[0] < 2:
            continue
        agreed = sum(n == counts[0] for n in counts) / len(counts)
        rank = (round(agreed, 1), counts[0])
        if agreed >= 0.8 and rank > best and not (delimiter == " " and found):
            best, found = rank, delimiter
    return found


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The records of these lines, which keep their ends; those that are no CSV are left out."""
    if len(delimiter) > 1:
        yield from (line.rstrip("\r\n").split(delimiter) for line in lines if line.rstrip("\r\n"))
        return
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
        if record:
            yield record


def _is_data(names: list[str], rows: list[list[str]]) -> bool:
    """Whether the first line is a row: names are not numbers, are not empty, and are not found in their own columns."""
    if not rows or all(_is_name(name) for name in names):
        return False
    return any(_NUMBER_OR_TIME.fullmatch(name) for name in names) or not all(names)


def _is_name(name: str) -> bool:
    return bool(name) and not name[0].isdigit() and not name.startswith("-")


def read_rows(path: Path, sample: Sample, names: tuple[str, ...]) -> Iterator[tuple[str | None, ...]]:
    """Some columns of all rows of a file, as text; rows that cannot be split are left out."""
    if sample.format == "parquet":
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(names)):
                columns = [_parquet_column(name, batch[name])[name] for name in names]
                yield from zip(*columns, strict=True)
        return
    codec = next((codec for codec, ending in CODECS.values() if path.name.lower().endswith(ending)), None)
    with pa.input_stream(str(path), compression=codec) as raw:
        stream = io.TextIOWrapper(cast(IO[bytes], raw), encoding=sample.encoding, errors="replace", newline="")
        if sample.format == "csv":
            yield from _csv_rows(stream, sample, names)
            return
        objects = _json_lines(stream) if sample.format == "jsonl" else _array_members(stream.read())
        for row in objects:
            if isinstance(row, dict):
                flat = dict(_flat(row))
                yield tuple(as_text(flat.get(name)) for name in names)


def _csv_rows(stream: Iterable[str], sample: Sample, names: tuple[str, ...]) -> Iterator[tuple[str | None, ...]]:
    records = _records(stream, sample.delimiter)
    header = [name.strip() for name in next(records, [])] if sample.has_header else list(sample.names)
    at = [header.index(name) for name in names]
    for record in records:
        if len(record) == len(header):
            yield tuple(record[i] or None for i in at)
