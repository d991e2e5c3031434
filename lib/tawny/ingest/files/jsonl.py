"""JSON Lines: one object a line."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from tawny.ingest.files.file import LandingFile, Part
from tawny.ingest.files.layout import Mapping, mapping_of_objects
from tawny.ingest.files.rows import Rows, as_text, malformed_rows
from tawny.ingest.files.schema import MAP, MAPS, WRONG_TYPE
from tawny.ingest.files.text import blocks

_NESTED = {"categories", "context", "attributes"}


def read_jsonl(part: Part) -> Iterator[Rows]:
    """The rows of a part; a line that is not a JSON object is malformed, a list where text belongs has the wrong type."""
    for block in blocks(part.file, part.start, part.stop, part.first_line):
        yield from rows_of_lines(*block.numbered("utf-8"), part.file, part.names)


def rows_of_lines(lines: list[str], numbers: list[int], file: LandingFile, names: tuple[str, ...]) -> Iterator[Rows]:
    """The lines, with their numbers, as rows; `names` are the keys of the file's first rows."""
    mapping = mapping_of_objects(file, names)
    parsed = [parse(line) for line in lines]
    good = [i for i, row in enumerate(parsed) if isinstance(row, dict)]
    rows = [row for row in parsed if isinstance(row, dict)]
    yield _rows(rows, [lines[i] for i in good], [numbers[i] for i in good], mapping, file.kind == "users")
    if len(good) < len(lines):
        bad = [i for i, row in enumerate(parsed) if isinstance(row, str)]
        yield malformed_rows([lines[i] for i in bad], [numbers[i] for i in bad], [str(parsed[i]) for i in bad])


def parse(line: str) -> dict[str, Any] | str:
    """The line's object, or why it is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as exc:
        return f"not JSON: {exc}"
    return row if isinstance(row, dict) else f"a JSON {type(row).__name__} instead of an object"


def _rows(rows: list[dict[str, Any]], raw: list[str], lines: list[int], mapping: Mapping, are_users: bool) -> Rows:
    names = {ours: theirs for ours, theirs in mapping.columns.items() if not (are_users and ours == MAPS["users"])}
    faults: dict[int, str] = {}
    details: dict[int, str] = {}
    columns = {}
    for ours, name in names.items():
        values = [row.get(name) for row in rows] if "." not in name else [value_at(row, name) for row in rows]
        columns[name] = _texts(values)
        if ours in _NESTED or "." in ours:
            continue
        for i in _nested(values):
            faults[i] = WRONG_TYPE
            details.setdefault(i, f"{ours}={as_text(values[i])}")
    if are_users:
        columns[mapping.columns[MAPS["users"]]] = _attributes(rows, names, mapping.columns[MAPS["users"]])
    return Rows(columns, pa.array(raw, pa.string()), pa.array(lines, pa.int64()), faults, details)


def value_at(row: dict[str, Any], name: str) -> Any:
    """The value of a key; `user.id` is also that of the key `id` in the object `user`.

    >>> value_at({"user": {"id": 7}}, "user.id"), value_at({"user.id": 8}, "user.id"), value_at({"user": 9}, "user.id")
    (7, 8, None)
    """
    if name in row:
        return row[name]
    head, dot, rest = name.partition(".")
    inner = row.get(head)
    return value_at(inner, rest) if dot and isinstance(inner, dict) else None


def _texts(values: list[Any]) -> pa.Array:
    """strings [n]. Where all are text already, as they mostly are, Arrow takes them as they are."""
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([as_text(value) for value in values], pa.string())


def _nested(values: list[Any]) -> list[int]:
    """Rows that hold a list or an object."""
    if {type(value) for value in values} & {list, dict}:
        return [i for i, value in enumerate(values) if isinstance(value, list | dict)]
    return []


def _attributes(rows: list[dict[str, Any]], names: dict[str, str], attributes: str) -> pa.Array:
    """Whatever else a user's row says, and what its `attributes` object says."""
    taken = {attributes, *names.values()}
    rest = [{key: value for key, value in row.items() if key not in taken} for row in rows]
    both = [one | _object(row.get(attributes)) for one, row in zip(rest, rows, strict=True)]
    return pa.array([[(key, as_text(v)) for key, v in row.items() if v is not None] for row in both], MAP)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
