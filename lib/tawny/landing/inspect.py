"""The check of a file before anything is written: it is what its name or its declaration says."""

import csv
import json
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from tawny.landing.delimited import numbered_lines
from tawny.landing.jsonl import parse
from tawny.landing.layout import RECBOLE_FIELD, Layout, layout_of, mapping_of
from tawny.landing.parquet import is_nested
from tawny.landing.records import records
from tawny.landing.refuse import refuse
from tawny.landing.scan import Scan, scan_text
from tawny.landing.source import CANONICAL, REQUIRED, Inspected, Part, Source

_ROWS_PER_PART = 500_000
_MAY_NEST = {"categories", "context", "attributes", "image"}


def inspect(source: Source) -> Inspected:
    """Read the file through, count its rows and say how tasks share it.

    Raises:
        InputError: missing, empty, binary, damaged, in another encoding, or without the columns that its table needs.
    """
    if source.format == "parquet":
        return _inspect_parquet(source)
    if source.format == "jsonl":
        return _inspect_jsonl(source)
    layout = layout_of(source)
    scan = scan_text(source, layout.encoding)
    if layout.names:
        _check_shape(source, layout, scan)
        return Inspected(source, scan.n_lines, _parts(source, scan, layout.names, (0, 1)))
    names = _header(source, layout, scan)
    _check_names(source, names)
    if layout.may_quote and scan.is_quoted:
        part = Part(source, scan.data_start[0], None, scan.data_start[1], names, is_quoted=True)
        return Inspected(source, sum(1 for _ in records(numbered_lines(part), layout.delimiter)), (part,))
    return Inspected(source, scan.n_lines - 1, _parts(source, scan, names, scan.data_start))


def _parts(source: Source, scan: Scan, names: tuple[str, ...], start: tuple[int, int]) -> tuple[Part, ...]:
    begins = [start, *(cut for cut in scan.cuts if cut[0] > start[0])]
    stops = [offset for offset, _ in begins[1:]] + [None]
    return tuple(Part(source, offset, stop, line, names) for (offset, line), stop in zip(begins, stops, strict=True))


def _header(source: Source, layout: Layout, scan: Scan) -> tuple[str, ...]:
    line, text = scan.head[0]
    fields = next(csv.reader([text], delimiter=layout.delimiter)) if layout.may_quote else text.split(layout.delimiter)
    names = tuple(field.strip() for field in fields)
    if source.format == "recbole":
        wrong = [name for name in names if not RECBOLE_FIELD.match(name)]
        if wrong:
            rule = "the header of an atomic file is tab-separated name:type, of token, token_seq, float or float_seq."
            raise refuse(source, rule, ", ".join(wrong)[:200], line=line)
        names = tuple(name.rpartition(":")[0] for name in names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refuse(source, "the header must name a column once.", ", ".join(twice)[:200], line=line)
    return names


def _check_names(source: Source, names: Iterable[str], line: int | None = 1) -> None:
    """Every column that the table needs, and every declared one, is there or has a default."""
    have = tuple(names)
    mapping = mapping_of(source, have)
    needed = {name: mapping.columns.get(name, name) for name in REQUIRED[source.table]} | source.columns
    missing = [
        theirs if theirs == ours else f"{theirs} (for {ours})"
        for ours, theirs in needed.items()
        if theirs not in have and ours not in mapping.defaults
    ]
    if missing:
        rule = f"{source.table} need the columns {', '.join(REQUIRED[source.table])}; {', '.join(missing)} is not there."
        do = "Rename the file's columns, or map them in the env file ([[sources]] with columns and defaults)."
        raise refuse(source, rule, f"columns {', '.join(have)[:300]}", line=line, do=do)


def _check_shape(source: Source, layout: Layout, scan: Scan) -> None:
    """A file without a header is recognised by its rows: none of the first has the right number of fields."""
    counts = [line.count(layout.delimiter) + 1 for _, line in scan.head]
    if len(layout.names) not in counts:
        rule = f"{source.format} {source.table} have {len(layout.names)} fields with {layout.delimiter!r} between them."
        raise refuse(
            source, rule, f"{counts[0]} in the first line, and no better in {len(counts)} lines", line=scan.head[0][0]
        )


def _inspect_jsonl(source: Source) -> Inspected:
    scan = scan_text(source, "utf-8")
    rows = [row for _, line in scan.head if isinstance(row := parse(line), dict)]
    if not rows:
        rule = "JSON Lines hold one object a line."
        came = f"none in the first {len(scan.head)} lines, which begin with {json.dumps(scan.head[0][1][:60])}"
        raise refuse(source, rule, came, line=scan.head[0][0])
    named = dict.fromkeys(key for row in rows for key in row)
    optional = dict.fromkeys(name for ours, name in source.columns.items() if ours not in REQUIRED[source.table])
    _check_names(source, {**named, **optional}, line=None)
    return Inspected(source, scan.n_lines, _parts(source, scan, (), (0, 1)))


def _inspect_parquet(source: Source) -> Inspected:
    if not source.full_path.exists() or source.full_path.stat().st_size == 0:
        came = "0 bytes" if source.full_path.exists() else "no such file"
        raise refuse(source, "the file must exist and not be empty.", came)
    try:
        with pq.ParquetFile(source.full_path) as file:
            names = tuple(file.schema_arrow.names)
            _check_names(source, names, line=None)
            _check_types(source, file.schema_arrow)
            n_rows = sum(batch.num_rows for batch in file.iter_batches())
            sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
        raise refuse(source, "the file must be whole Parquet.", str(exc)[:300]) from exc
    return Inspected(source, n_rows, _groups(source, names, sizes))


def _check_types(source: Source, schema: pa.Schema) -> None:
    mapping = mapping_of(source, tuple(schema.names))
    for ours in CANONICAL[source.table]:
        name = mapping.columns.get(ours, ours)
        if ours not in _MAY_NEST and name in schema.names and is_nested(schema.field(name).type):
            raise refuse(source, f"{ours} is one value a row.", f"type {schema.field(name).type}", column=name)


def _groups(source: Source, names: tuple[str, ...], sizes: list[int]) -> tuple[Part, ...]:
    """Row groups, put together up to what is worth a task."""
    parts: list[Part] = []
    start, line, rows = 0, 1, 0
    for i, size in enumerate(sizes):
        rows += size
        if rows >= _ROWS_PER_PART or i == len(sizes) - 1:
            parts.append(Part(source, start, i + 1, line, names))
            start, line, rows = i + 1, line + rows, 0
    return tuple(parts)
