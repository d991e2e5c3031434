"""The check of a file before anything is written: it is what its name or its declaration says."""

import csv
import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq

from tawny.ingest.files.delimited import csv_records, numbered_lines
from tawny.ingest.files.file import Inspected, LandingFile, Part, input_error
from tawny.ingest.files.json_array import begins_as_array, elements
from tawny.ingest.files.jsonl import parse, value_at
from tawny.ingest.files.layout import RECBOLE_FIELD, Layout, alike, delimiter_of, layout_of, mapping_of, n_fields
from tawny.ingest.files.parquet import is_nested
from tawny.ingest.files.schema import CANONICAL, REQUIRED
from tawny.ingest.files.text import N_HEAD, Scan, refusing_damage, scan_text

_ROWS_PER_PART = 500_000
_START_BYTES = 1 << 16

_MAY_NEST = {"categories", "context", "attributes", "image"}


def inspect(file: LandingFile) -> Inspected:
    """Read the file through, count its rows and say which parts tasks read.

    Raises:
        InputError: missing, empty, binary, damaged, in another encoding, without the columns that its table needs, or
            changed meanwhile.
    """
    stamped = replace(file, stamp=file.look())
    inspected = _inspect(stamped)
    stamped.look()
    return inspected


def with_digest(file: LandingFile) -> LandingFile:
    """The file with its stamp and the SHA-256 of its bytes, and of its Hive folders and its delivery; read through once.

    Raises:
        InputError: it cannot be read, or changed meanwhile.
    """
    stamped = replace(file, stamp=file.look())
    try:
        with stamped.open_raw() as handle:
            hashed = hashlib.file_digest(handle, "sha256")  # type: ignore[arg-type]  # IO[bytes] is one
    except OSError as exc:
        raise input_error(file, "the file must be readable.", str(exc)) from exc
    stamped.look()
    if file.folders:  # the same bytes say something else in another folder
        hashed.update(json.dumps(file.folders, sort_keys=True).encode())
    if file.mode == "snapshot":  # the same catalogue again, after another one, is news
        hashed.update(f"{file.path} {stamped.stamp} {file.version}".encode())
    return replace(stamped, digest=hashed.hexdigest())


def _inspect(file: LandingFile) -> Inspected:
    if file.format == "parquet":
        return _inspect_parquet(file)
    if file.format == "json" and _is_array(file):
        return _inspect_array(file)
    if file.format in ("jsonl", "json"):
        return _inspect_jsonl(file)
    layout = layout_of(file)
    scan = scan_text(file, layout.encoding)
    if file.format == "csv":
        file = replace(file, found_delimiter=delimiter_of(file, scan.head[0][1]))
        layout = layout_of(file)
    if layout.names:
        _check_shape(file, layout, scan)
        _check_names(file, layout.names, line=None)
        if layout.may_quote and (scan.is_quoted or '"' in scan.head[0][1]):
            return _inspect_quoted(file, layout, (0, 1), scan.unterminated_line, layout.names)
        return Inspected(file, scan.n_lines, _parts(file, scan, layout.names, (0, 1)), layout.names)
    names = _header(file, layout, scan)
    _check_names(file, names)
    if layout.may_quote and scan.is_quoted:
        return _inspect_quoted(file, layout, scan.data_start, scan.unterminated_line, names)
    return Inspected(file, scan.n_lines - 1, _parts(file, scan, names, scan.data_start), names)


def _inspect_quoted(
    file: LandingFile, layout: Layout, start: tuple[int, int], unterminated_line: int | None, names: tuple[str, ...]
) -> Inspected:
    part = Part(file, start[0], None, start[1], names, is_quoted=True)
    n_rows, line = 0, None
    for record in csv_records(numbered_lines(part), layout.delimiter):
        n_rows += 1
        line = record.line if record.line + record.raw.count("\n") == unterminated_line else None
    return Inspected(file, n_rows, (replace(part, unterminated_line=line),), names)


def _parts(file: LandingFile, scan: Scan, names: tuple[str, ...], start: tuple[int, int]) -> tuple[Part, ...]:
    begins = [start, *(cut for cut in scan.cuts if cut[0] > start[0])]
    stops = [offset for offset, _ in begins[1:]] + [None]
    *others, last = (Part(file, offset, stop, line, names) for (offset, line), stop in zip(begins, stops, strict=True))
    return (*others, replace(last, unterminated_line=scan.unterminated_line))


def _header(file: LandingFile, layout: Layout, scan: Scan) -> tuple[str, ...]:
    line, text = scan.head[0]
    fields = next(csv.reader([text], delimiter=layout.delimiter)) if layout.may_quote else text.split(layout.delimiter)
    names = tuple(field.strip() for field in fields)
    if file.format == "recbole":
        wrong = [name for name in names if not RECBOLE_FIELD.match(name)]
        if wrong:
            rule = "the header of an atomic file is tab-separated name:type, of token, token_seq, float or float_seq."
            raise input_error(file, rule, ", ".join(wrong)[:200], line=line)
        names = tuple(name.rpartition(":")[0] for name in names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise input_error(file, "the header must name a column once.", ", ".join(twice)[:200], line=line)
    return names


def _check_names(file: LandingFile, names: Iterable[str], line: int | None = 1) -> None:
    """Every column that the table needs, and every declared one, is there or has a default."""
    have = (*names, *file.folders)
    mapping = mapping_of(file, have)
    for ours, several in alike(file, have).items():
        if len(several) > 1:
            do = f"Say which it is in the env file: [[files]] with columns = {{ {ours} = {json.dumps(several[0])} }}."
            raise input_error(file, f"one column must be {ours}.", ", ".join(several)[:200], line=line, do=do)
    needed = {name: mapping.columns.get(name, name) for name in REQUIRED[file.kind]} | file.columns
    missing = [
        theirs if theirs == ours else f"{theirs} (for {ours})"
        for ours, theirs in needed.items()
        if theirs not in have and ours not in mapping.defaults
    ]
    if missing:
        rule = f"{file.kind} need the columns {', '.join(REQUIRED[file.kind])}; {', '.join(missing)} is not there."
        do = "Rename the file's columns, or map them in the env file ([[files]] with columns and defaults)."
        raise input_error(file, rule, f"columns {', '.join(have)[:300]}", line=line, do=do)


def _check_shape(file: LandingFile, layout: Layout, scan: Scan) -> None:
    """A file without a header is recognised by its rows: none of the first has the right number of fields."""
    split = n_fields if layout.may_quote else lambda line, delimiter: line.count(delimiter) + 1
    counts = [split(line, layout.delimiter) for _, line in scan.head]
    if len(layout.names) not in counts:
        rule = f"{file.format} {file.kind} have {len(layout.names)} fields with {layout.delimiter!r} between them."
        raise input_error(
            file, rule, f"{counts[0]} in the first line, and no better in {len(counts)} lines", line=scan.head[0][0]
        )


def _inspect_jsonl(file: LandingFile) -> Inspected:
    scan = scan_text(file, "utf-8")
    if not any(isinstance(parse(line), dict) for _, line in scan.head):
        rule = "JSON Lines hold one object a line."
        came = f"none in the first {len(scan.head)} lines, which begin with {json.dumps(scan.head[0][1][:60])}"
        raise input_error(file, rule, came, line=scan.head[0][0])
    names = _keys(file, [line for _, line in scan.head])
    return Inspected(file, scan.n_lines, _parts(file, scan, names, (0, 1)), names)


def _is_array(file: LandingFile) -> bool:
    with refusing_damage(file), file.open() as handle:
        return begins_as_array(handle.read(_START_BYTES).decode("utf-8", "ignore"))


def _inspect_array(file: LandingFile) -> Inspected:
    with refusing_damage(file):
        every = elements(file)
        head = list(islice(every, N_HEAD))
        n_rows = len(head) + sum(1 for _ in every)
    if head and not any(isinstance(parse(one.raw), dict) for one in head):
        rule, came = "a JSON file holds one array of objects.", f"an array that begins with {head[0].raw[:60]}"
        raise input_error(file, rule, came, line=1)
    names = _keys(file, [one.raw for one in head]) if head else ()
    return Inspected(file, n_rows, (Part(file, 0, None, 1, names, is_array=True),), names)


def _keys(file: LandingFile, head: list[str]) -> tuple[str, ...]:
    """The keys of the first rows; the columns that the table needs are among them."""
    rows = [row for text in head if isinstance(row := parse(text), dict)]
    named = dict.fromkeys(key for row in rows for key in row)
    named |= {name: None for name in file.columns.values() if any(value_at(row, name) is not None for row in rows)}
    optional = dict.fromkeys(name for ours, name in file.columns.items() if ours not in REQUIRED[file.kind])
    _check_names(file, {**named, **optional}, line=None)
    return tuple(named)


def _inspect_parquet(file: LandingFile) -> Inspected:
    if file.look().n_bytes == 0:
        raise input_error(file, "the file must not be empty.", "0 bytes")
    try:
        with file.open() as handle, pq.ParquetFile(handle) as opened:
            names = tuple(opened.schema_arrow.names)
            _check_names(file, names, line=None)
            _check_types(file, opened.schema_arrow)
            n_rows = sum(batch.num_rows for batch in opened.iter_batches())
            sizes = [opened.metadata.row_group(i).num_rows for i in range(opened.num_row_groups)]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
        raise input_error(file, "the file must be whole Parquet.", str(exc)[:300]) from exc
    return Inspected(file, n_rows, _groups(file, names, sizes), names)


def _check_types(file: LandingFile, schema: pa.Schema) -> None:
    mapping = mapping_of(file, tuple(schema.names))
    for ours in CANONICAL[file.kind]:
        name = mapping.columns.get(ours, ours)
        if ours not in _MAY_NEST and name in schema.names and is_nested(schema.field(name).type):
            raise input_error(file, f"{ours} is one value a row.", f"type {schema.field(name).type}", column=name)


def _groups(file: LandingFile, names: tuple[str, ...], sizes: list[int]) -> tuple[Part, ...]:
    """Row groups, put together up to what is worth a task."""
    parts: list[Part] = []
    start, line, rows = 0, 1, 0
    for i, size in enumerate(sizes):
        rows += size
        if rows >= _ROWS_PER_PART or i == len(sizes) - 1:
            parts.append(Part(file, start, i + 1, line, names))
            start, line, rows = i + 1, line + rows, 0
    return tuple(parts)
