"""Delimited text: CSV, MovieLens (tab, `|`, `::`) and RecBole's atomic files."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tawny.ingest.files.file import Part
from tawny.ingest.files.layout import layout_of
from tawny.ingest.files.rows import Rows, good_rows, malformed_rows
from tawny.ingest.files.text import blocks

_RECORDS_AT_ONCE = 20_000

NumberedLine = tuple[int, str]


def read_delimited(part: Part) -> Iterator[Rows]:
    """The rows of a part; a row with too few or too many fields, or a stray quotation mark, is malformed."""
    return _read_quoted(part) if part.is_quoted else _read_plain(part)


def numbered_lines(part: Part) -> Iterator[NumberedLine]:
    """The lines of a part with their ends, numbered."""
    encoding = layout_of(part.file).encoding
    for block in blocks(part.file, part.start, part.stop, part.first_line):
        # Not str.splitlines, which also splits at form feeds and other separators within a field.
        *lines, last = block.text(encoding).split("\n")
        yield from enumerate([line + "\n" for line in lines] + [last] * bool(last), block.first_line)


@dataclass(frozen=True)
class CsvRecord:
    """One record of a CSV file, which may be several lines.

    Attributes:
        line: number of its first line.
        raw: the lines as they stand in the file.
        fields: None where the line is not CSV.
        error: why it is not.
    """

    line: int
    raw: str
    fields: list[str] | None
    error: str = ""


def csv_records(lines: Iterable[NumberedLine], delimiter: str) -> Iterator[CsvRecord]:
    """The records of these lines, which keep their ends; empty lines are none.

    A quotation mark that is never closed would swallow all that follows: only its own line is refused, and reading goes on
    with the next.
    """
    remembered = _RememberedLines(lines)
    reader = csv.reader(remembered, delimiter=delimiter, strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            number, raw = remembered.return_all_but_first()
            yield CsvRecord(number, raw.rstrip("\r\n"), None, str(exc))
            reader = csv.reader(remembered, delimiter=delimiter, strict=True)
            continue
        number, raw = remembered.take()
        if fields:
            yield CsvRecord(number, raw.rstrip("\r\n"), fields)


class _RememberedLines:
    """An iterator over lines that remembers those since the last record, and can return them."""

    def __init__(self, lines: Iterable[NumberedLine]) -> None:
        self._lines, self._returned, self._taken = iter(lines), deque[NumberedLine](), list[NumberedLine]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        numbered = self._returned.popleft() if self._returned else next(self._lines)
        self._taken.append(numbered)
        return numbered[1]

    def take(self) -> NumberedLine:
        taken, self._taken = self._taken, []
        return taken[0][0], "".join(line for _, line in taken)

    def return_all_but_first(self) -> NumberedLine:
        first, *others = self._taken
        self._taken = []
        self._returned.extendleft(reversed(others))
        return first


def _read_plain(part: Part) -> Iterator[Rows]:
    layout, n_names = layout_of(part.file), len(part.names)
    for block in blocks(part.file, part.start, part.stop, part.first_line):
        lines, numbers = block.numbered(layout.encoding)
        raw, line_numbers = pa.array(lines, pa.string()), pa.array(numbers, pa.int64())
        fields = pc.split_pattern(raw, layout.delimiter)
        counts = pc.list_value_length(fields)
        is_good = pc.equal(counts, n_names)
        flat = fields.filter(is_good).flatten()
        columns = {name: flat.take(pa.array(np.arange(i, len(flat), n_names))) for i, name in enumerate(part.names)}
        yield good_rows(columns, raw.filter(is_good), line_numbers.filter(is_good))
        if len(flat) < n_names * len(raw):
            others = pc.invert(is_good)
            details = [_count(n, n_names) for n in counts.filter(others).to_pylist()]
            yield malformed_rows(raw.filter(others).to_pylist(), line_numbers.filter(others).to_pylist(), details)


def _read_quoted(part: Part) -> Iterator[Rows]:
    records = csv_records(numbered_lines(part), layout_of(part.file).delimiter)
    while batch := list(islice(records, _RECORDS_AT_ONCE)):
        yield from rows_of_records(batch, part.names)


def rows_of_records(records: list[CsvRecord], names: tuple[str, ...]) -> Iterator[Rows]:
    """The records as rows with these columns; one with too few or too many fields is malformed."""
    good = [record for record in records if record.fields is not None and len(record.fields) == len(names)]
    fields = zip(*(record.fields or () for record in good), strict=True) if good else [()] * len(names)
    columns = {name: pa.array(values, pa.string()) for name, values in zip(names, fields, strict=True)}
    raw, lines = [record.raw for record in good], [record.line for record in good]
    yield good_rows(columns, pa.array(raw, pa.string()), pa.array(lines, pa.int64()))
    bad = [record for record in records if record.fields is None or len(record.fields) != len(names)]
    if bad:
        details = [record.error or _count(len(record.fields or ()), len(names)) for record in bad]
        yield malformed_rows([record.raw for record in bad], [record.line for record in bad], details)


def _count(n_fields: int, n_expected: int) -> str:
    return f"{n_fields} fields instead of {n_expected}"
