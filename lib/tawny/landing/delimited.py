"""Delimited text: CSV, MovieLens (tab, `|`, `::`) and RecBole's atomic files."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tawny.landing.layout import layout_of
from tawny.landing.lines import blocks
from tawny.landing.records import NumberedLine, Record, records
from tawny.landing.rows import Rows, malformed, whole
from tawny.landing.source import Part

_RECORDS_AT_ONCE = 20_000


def read_delimited(part: Part) -> Iterator[Rows]:
    """The rows of a part; a row with too few or too many fields, or a stray quotation mark, is malformed."""
    return _read_quoted(part) if part.is_quoted else _read_plain(part)


def numbered_lines(part: Part) -> Iterator[NumberedLine]:
    """The lines of a part with their ends, numbered."""
    encoding = layout_of(part.source).encoding
    for block in blocks(part.source, part.start, part.stop, part.first_line):
        # Not str.splitlines, which also cuts at form feeds and other separators within a field.
        *lines, last = block.text(encoding).split("\n")
        yield from enumerate([line + "\n" for line in lines] + [last] * bool(last), block.first_line)


def _read_plain(part: Part) -> Iterator[Rows]:
    layout, n_names = layout_of(part.source), len(part.names)
    for block in blocks(part.source, part.start, part.stop, part.first_line):
        lines, numbers = block.numbered(layout.encoding)
        raw, line_numbers = pa.array(lines, pa.string()), pa.array(numbers, pa.int64())
        fields = pc.split_pattern(raw, layout.delimiter)
        counts = pc.list_value_length(fields)
        is_whole = pc.equal(counts, n_names)
        flat = fields.filter(is_whole).flatten()
        columns = {name: flat.take(pa.array(np.arange(i, len(flat), n_names))) for i, name in enumerate(part.names)}
        yield whole(columns, raw.filter(is_whole), line_numbers.filter(is_whole))
        if len(flat) < n_names * len(raw):
            others = pc.invert(is_whole)
            details = [_count(n, n_names) for n in counts.filter(others).to_pylist()]
            yield malformed(raw.filter(others).to_pylist(), line_numbers.filter(others).to_pylist(), details)


def _read_quoted(part: Part) -> Iterator[Rows]:
    found = records(numbered_lines(part), layout_of(part.source).delimiter)
    while some := list(islice(found, _RECORDS_AT_ONCE)):
        yield from _cut(some, part.names)


def _cut(some: list[Record], names: tuple[str, ...]) -> Iterator[Rows]:
    good = [record for record in some if record.fields is not None and len(record.fields) == len(names)]
    fields = zip(*(record.fields or () for record in good), strict=True) if good else [()] * len(names)
    columns = {name: pa.array(values, pa.string()) for name, values in zip(names, fields, strict=True)}
    raw, lines = [record.raw for record in good], [record.line for record in good]
    yield whole(columns, pa.array(raw, pa.string()), pa.array(lines, pa.int64()))
    bad = [record for record in some if record.fields is None or len(record.fields) != len(names)]
    if bad:
        details = [record.error or _count(len(record.fields or ()), len(names)) for record in bad]
        yield malformed([record.raw for record in bad], [record.line for record in bad], details)


def _count(came: int, wanted: int) -> str:
    return f"{came} fields instead of {wanted}"
