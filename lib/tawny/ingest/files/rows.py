"""Rows as a reader finds them, and the same rows in the raw columns of their kind."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.columns import EVENT_ID
from tawny.ingest.files.file import Kind, LandingFile
from tawny.ingest.files.layout import Mapping
from tawny.ingest.files.schema import (
    LIST,
    MALFORMED_ROW,
    MAP,
    MAPS,
    NO_LINE_END,
    OWN_ID,
    RAW_SCHEMA,
    SOURCE,
    TAIL,
    UNTERMINATED_ROW,
    WRONG_TYPE,
)
from tawny.ingest.files.values import Report, map_without_missing, translated, without_missing


@dataclass(frozen=True)
class Rows:
    """Some rows of one file.

    Attributes:
        columns: the file's name -> strings [n] (or bytes, lists, maps, where the file has them).
        raw: strings [n], each row as it stands in the file.
        lines: int64 [n], from 1.
        faults: code by row, of the rows that are not what they should be.
        details: what is wrong, for the same rows.
    """

    columns: dict[str, pa.Array]
    raw: pa.Array
    lines: pa.Array
    faults: dict[int, str]
    details: dict[int, str]

    @property
    def n_rows(self) -> int:
        """How many."""
        return len(self.raw)


def good_rows(columns: dict[str, pa.Array], raw: pa.Array, lines: pa.Array) -> Rows:
    """Rows that have all their columns."""
    return Rows(columns, raw, lines, {}, {})


def malformed_rows(raw: Sequence[str], lines: Sequence[int], details: Sequence[str]) -> Rows:
    """Rows that could not be split into columns."""
    numbered = range(len(raw))
    faults = dict.fromkeys(numbered, MALFORMED_ROW)
    details_by_row = dict(zip(numbered, details, strict=True))
    return Rows({}, pa.array(raw, pa.string()), pa.array(lines, pa.int64()), faults, details_by_row)


def as_text(value: Any) -> str | None:
    """A JSON value as the text that cleaning reads: text as it is, all else as JSON.

    >>> as_text("5"), as_text(5), as_text(True), as_text(None), as_text(["a"])
    ('5', '5', 'true', None, '["a"]')
    """
    if value is None or isinstance(value, str):
        return value
    if type(value) in (int, float):  # as JSON does, and several times as fast
        return repr(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def canonical(rows: Rows, file: LandingFile, mapping: Mapping, unterminated_line: int | None = None) -> pa.RecordBatch:
    """The rows in the raw schema of the file's kind; the one at `unterminated_line` has a fault, as it may have been cut."""
    faults, details = dict(rows.faults), dict(rows.details)

    def report(row: int, detail: str) -> None:
        if faults.setdefault(row, WRONG_TYPE) == WRONG_TYPE:
            details.setdefault(row, detail)

    file_columns = _FileColumns(rows, file, mapping)
    columns = _COLUMNS[file.kind](file_columns, report)
    schema = RAW_SCHEMA[file.kind]
    columns |= {name: file_columns.text(name) for name in schema.names if name not in {*columns, *TAIL}}
    columns |= translated(columns, file, report)
    if (
        unterminated_line is not None
        and (row := pc.index(rows.lines, pa.scalar(unterminated_line, pa.int64())).as_py()) >= 0
    ):
        _add_unterminated(row, file, faults, details)
    n_rows = rows.n_rows
    columns |= {
        "source_digest": file_columns.constant(file.digest),
        "delivery": pa.repeat(pa.scalar(file.delivery, pa.int64()), n_rows),
        "file_known_from": pa.repeat(pa.scalar(file.known_from, pa.date32()), n_rows),
        "time_unit": file_columns.constant(file.time_unit), "time_zone": file_columns.constant(file.time_zone),
        "raw": rows.raw, "source_file": file_columns.constant(file.path),
        "source_line": rows.lines, "fault": file_columns.by_row(faults), "fault_detail": file_columns.by_row(details),
    }  # fmt: skip
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _add_unterminated(row: int, file: LandingFile, faults: dict[int, str], details: dict[int, str]) -> None:
    if faults.get(row) == MALFORMED_ROW:
        faults[row], details[row] = UNTERMINATED_ROW, f"{NO_LINE_END}; {details[row]}"
    # A JSON object is whole: what was cut has no closing brace.
    elif row not in faults and file.format not in ("jsonl", "json"):
        faults[row], details[row] = UNTERMINATED_ROW, NO_LINE_END


class _FileColumns:
    """The file's columns, by canonical name."""

    def __init__(self, rows: Rows, file: LandingFile, mapping: Mapping) -> None:
        self.rows, self.file, self.mapping = rows, file, mapping
        self.missing, self.folders = file.missing_values, file.folders
        self._fills_nulls = file.format in ("jsonl", "json")  # where a key that is left out is a column that is not there

    def text(self, name: str) -> pa.Array:
        """The column, else its default, else nulls; strings [n]."""
        array, default = self.column(name), self.mapping.defaults.get(name)
        if array is None:
            return self.constant(default)
        array = array.cast(pa.string()) if array.type != pa.string() else array
        return pc.fill_null(array, default) if default is not None and self._fills_nulls else array

    def column(self, name: str) -> pa.Array | None:
        """The column as the file has it, without what stands for no value, or None."""
        theirs = self.mapping.columns.get(name, name)
        array = self.rows.columns.get(theirs)
        if theirs in self.folders and (array is None or array.null_count == len(array)):
            array = self.constant(self.folders[theirs])
        return None if array is None else without_missing(array, self.missing)

    def keyed(self, prefix: str) -> dict[str, pa.Array]:
        """The columns that are declared as keys of a map."""
        names = [n for n in {**self.mapping.defaults, **self.mapping.columns} if n.startswith(f"{prefix}.")]
        return {name.removeprefix(f"{prefix}."): self.text(name) for name in names}

    def constant(self, value: str | None) -> pa.Array:
        """The same for all rows."""
        return pa.repeat(pa.scalar(value, pa.string()), self.rows.n_rows)

    def by_row(self, values: dict[int, str]) -> pa.Array:
        """Nulls but for some rows."""
        if not values:
            return pa.nulls(self.rows.n_rows, pa.string())
        return pa.array([values.get(row) for row in range(self.rows.n_rows)], pa.string())


def _events(file_columns: _FileColumns, report: Report) -> dict[str, pa.Array]:
    file = file_columns.file
    own_id = file_columns.text(EVENT_ID) if EVENT_ID in file.columns else file_columns.constant(None)
    context = _map(file_columns, MAPS["events"], report)
    return {"context": context, OWN_ID: own_id, SOURCE: file_columns.constant(file.source)}


def _users(file_columns: _FileColumns, report: Report) -> dict[str, pa.Array]:
    return {"attributes": _map(file_columns, MAPS["users"], report)}


def _items(file_columns: _FileColumns, report: Report) -> dict[str, pa.Array]:
    columns = {"categories": _categories(file_columns, report)}
    image = file_columns.column("image")
    is_path = image is None or pa.types.is_string(image.type)
    columns["image_path"] = file_columns.text("image") if is_path else file_columns.constant(None)
    columns["image"] = pa.nulls(file_columns.rows.n_rows, pa.binary()) if is_path else image
    year = file_columns.rows.columns.get(file_columns.mapping.year or "")
    if year is not None:
        title = file_columns.text("title")
        dated = pc.binary_join_element_wise(title, pc.binary_join_element_wise("(", year, ")", ""), " ")
        columns["title"] = pc.if_else(pc.match_substring_regex(year, r"^\d{4}$"), dated, title)
    return columns


_COLUMNS: dict[Kind, Callable[[_FileColumns, Report], dict[str, pa.Array]]] = {
    "events": _events, "items": _items, "users": _users,
}  # fmt: skip


def _map(file_columns: _FileColumns, name: str, report: Report) -> pa.Array:
    """map<string,string> [n]: the column of that name (a map, or text with a JSON object) and the columns of its keys."""
    base, keyed = file_columns.column(name), file_columns.keyed(name)
    if base is not None and base.type.equals(MAP) and not keyed:
        return map_without_missing(base, file_columns.missing)
    if not keyed and (base is None or base.null_count == len(base)):
        return pa.nulls(file_columns.rows.n_rows, MAP)
    values = {key: array.to_pylist() for key, array in keyed.items()}
    objects = base.to_pylist() if base is not None else [None] * file_columns.rows.n_rows
    found = [
        _object(value, row, name, report) | {key: column[row] for key, column in values.items()}
        for row, value in enumerate(objects)
    ]
    return pa.array([[(k, as_text(v)) for k, v in one.items() if v not in (None, "")] for one in found], MAP)


def _object(value: object, row: int, name: str, report: Report) -> dict[str, object]:
    if value is None or value == "":
        return {}
    if isinstance(value, list):
        return dict(value)
    parsed = _parsed(str(value))
    if not isinstance(parsed, dict):
        report(row, f"{name}={value}")
        return {}
    return parsed


def _categories(file_columns: _FileColumns, report: Report) -> pa.Array:
    """list<string> [n], from flags, a JSON array or separated text."""
    if file_columns.mapping.flags and file_columns.rows.columns:
        flags = [(name, file_columns.rows.columns[name].to_pylist()) for name in file_columns.mapping.flags]
        return pa.array([[name for name, on in flags if on[row] == "1"] for row in range(file_columns.rows.n_rows)], LIST)
    texts = file_columns.text("categories").to_pylist()
    return pa.array([_list(text, row, file_columns.mapping.separator, report) for row, text in enumerate(texts)], LIST)


def _list(text: str | None, row: int, separator: str, report: Report) -> list[str] | None:
    if text is None or text == "":
        return None
    if not text.startswith(("[", "{")):
        return [part.strip() for part in text.split(separator) if part.strip()]
    parsed = _parsed(text)
    if not isinstance(parsed, list) or not all(isinstance(part, str) for part in parsed):
        report(row, f"categories={text}")
        return None
    return parsed


def _parsed(text: str) -> object:
    """The JSON value, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
