"""From a file's own columns to the raw columns of its table."""

import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from tawny.landing.layout import Mapping
from tawny.landing.rows import Rows, as_text
from tawny.landing.schema import LIST, MAP, RAW_SCHEMA, WRONG_TYPE
from tawny.landing.source import MAPS, Source, Table


def canonical(rows: Rows, source: Source, mapping: Mapping) -> pa.RecordBatch:
    """The rows in the raw schema of the source's table."""
    faults, details = dict(rows.faults), dict(rows.details)

    def blame(row: int, detail: str) -> None:
        if faults.setdefault(row, WRONG_TYPE) == WRONG_TYPE:
            details.setdefault(row, detail)

    pick = _Picker(rows, source, mapping)
    columns = _COLUMNS[source.table](pick, blame)
    schema = RAW_SCHEMA[source.table]
    for name in schema.names:
        if name not in columns:
            columns[name] = pick.text(name)
    columns |= {
        "time_unit": pick.constant(source.time_unit), "raw": rows.raw, "source_file": pick.constant(source.path),
        "source_line": rows.lines, "fault": pick.by_row(faults), "fault_detail": pick.by_row(details),
    }  # fmt: skip
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


class _Picker:
    """Finds a canonical column among the file's."""

    def __init__(self, rows: Rows, source: Source, mapping: Mapping) -> None:
        self.rows, self.mapping = rows, mapping
        self._fills_nulls = source.format == "jsonl"  # where a key that is left out is a column that is not there

    def text(self, name: str) -> pa.Array:
        """The column, else its default, else nulls; strings [n]."""
        array, default = self.found(name), self.mapping.defaults.get(name)
        if array is None:
            return self.constant(default)
        array = array.cast(pa.string()) if array.type != pa.string() else array
        return pc.fill_null(array, default) if default is not None and self._fills_nulls else array

    def found(self, name: str) -> pa.Array | None:
        """The file's column under the canonical name."""
        return self.rows.columns.get(self.mapping.columns.get(name, name))

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


Blame = Callable[[int, str], None]


def _events(pick: _Picker, blame: Blame) -> dict[str, pa.Array]:
    return {"context": _map(pick, MAPS["events"], blame)}


def _users(pick: _Picker, blame: Blame) -> dict[str, pa.Array]:
    return {"attributes": _map(pick, MAPS["users"], blame)}


def _items(pick: _Picker, blame: Blame) -> dict[str, pa.Array]:
    columns = {"categories": _categories(pick, blame)}
    image = pick.found("image")
    is_path = image is None or pa.types.is_string(image.type)
    columns["image_path"] = pick.text("image") if is_path else pick.constant(None)
    columns["image"] = pa.nulls(pick.rows.n_rows, pa.binary()) if is_path else image
    year = pick.rows.columns.get(pick.mapping.year or "")
    if year is not None:
        title = pick.text("title")
        dated = pc.binary_join_element_wise(title, pc.binary_join_element_wise("(", year, ")", ""), " ")
        columns["title"] = pc.if_else(pc.match_substring_regex(year, r"^\d{4}$"), dated, title)
    return columns


_COLUMNS: dict[Table, Callable[[_Picker, Blame], dict[str, pa.Array]]] = {
    "events": _events, "items": _items, "users": _users,
}  # fmt: skip


def _map(pick: _Picker, name: str, blame: Blame) -> pa.Array:
    """map<string,string> [n]: the column of that name (a map, or text with a JSON object) and the columns of its keys."""
    base, keyed = pick.found(name), pick.keyed(name)
    if base is not None and base.type.equals(MAP) and not keyed:
        return base
    if not keyed and (base is None or base.null_count == len(base)):
        return pa.nulls(pick.rows.n_rows, MAP)
    values = {key: array.to_pylist() for key, array in keyed.items()}
    told = base.to_pylist() if base is not None else [None] * pick.rows.n_rows
    found = [_object(value, row, name, blame) | {k: v[row] for k, v in values.items()} for row, value in enumerate(told)]
    return pa.array([[(k, as_text(v)) for k, v in one.items() if v not in (None, "")] for one in found], MAP)


def _object(value: object, row: int, name: str, blame: Blame) -> dict[str, object]:
    if value is None or value == "":
        return {}
    if isinstance(value, list):
        return dict(value)
    parsed = _parsed(str(value))
    if not isinstance(parsed, dict):
        blame(row, f"{name}={value}")
        return {}
    return parsed


def _categories(pick: _Picker, blame: Blame) -> pa.Array:
    """list<string> [n], from flags, a JSON array or separated text."""
    if pick.mapping.flags and pick.rows.columns:
        flags = [(name, pick.rows.columns[name].to_pylist()) for name in pick.mapping.flags]
        return pa.array([[name for name, on in flags if on[row] == "1"] for row in range(pick.rows.n_rows)], LIST)
    texts = pick.text("categories").to_pylist()
    return pa.array([_list(text, row, pick.mapping.separator, blame) for row, text in enumerate(texts)], LIST)


def _list(text: str | None, row: int, separator: str, blame: Blame) -> list[str] | None:
    if text is None or text == "":
        return None
    if not text.startswith(("[", "{")):
        return [part.strip() for part in text.split(separator) if part.strip()]
    parsed = _parsed(text)
    if not isinstance(parsed, list) or not all(isinstance(part, str) for part in parsed):
        blame(row, f"categories={text}")
        return None
    return parsed


def _parsed(text: str) -> object:
    """The JSON value, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
