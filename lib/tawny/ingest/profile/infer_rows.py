"""The first rows of a source, through the readers that a night uses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tawny.core.config import Env, validate
from tawny.ingest.files.file import LandingFile, Part
from tawny.ingest.files.find import find_files
from tawny.ingest.files.inspect import inspect
from tawny.ingest.profile.infer import Understood
from tawny.ingest.profile.infer_values import instant_of

_MAX_INSPECTED_BYTES = 8 << 20
_HEAD_BYTES = 1 << 20
_SHOWN = {
    "events": ("user_id", "item_id", "event_type", "event_time", "value"),
    "items": ("item_id", "title", "categories", "price"),
    "users": ("user_id", "attributes"),
}  # fmt: skip


def first_rows(landing: Path, one: Understood, n: int) -> list[dict[str, str]]:
    """At most `n` rows as text by canonical column, without the columns that are empty in all of them."""
    from tawny.ingest.files.read import read_part

    file = _first_file(landing, one)
    part = _head(file, one)
    rows: list[dict[str, Any]] = []
    for batch in read_part(part) if part is not None else ():
        rows += batch.slice(0, n - len(rows)).to_pylist()
        if len(rows) == n:
            break
    shown = [{name: _shown(name, row) for name in _SHOWN[file.kind]} for row in rows]
    full = [name for name in _SHOWN[file.kind] if any(row[name] for row in shown)]
    return [{name: row[name] for name in full} for row in shown]


def _first_file(landing: Path, one: Understood) -> LandingFile:
    kind = one.table.kind or "events"
    env = validate(Env, {"root": "lake", "landing": str(landing), "files": [one.settings]}, where="tawny init")
    file = find_files(env, kind)[0]
    found = one.source.sample.delimiter
    return replace(file, found_delimiter=found) if file.format == "csv" and file.delimiter is None else file


def _head(file: LandingFile, one: Understood) -> Part | None:
    """The part with the file's first rows; of a big file it is not read through for it."""
    if file.format not in ("csv", "jsonl", "parquet") or file.look().n_bytes <= _MAX_INSPECTED_BYTES:
        return inspect(file).parts[0]
    names = tuple(name for name in one.source.sample.names)
    if file.format == "parquet":
        return Part(file, 0, 1, 1, names)
    with file.open() as handle:
        data = handle.read(_HEAD_BYTES)
    start = data.find(b"\n") + 1 if file.format == "csv" and not file.header else 0
    stop = data.rfind(b"\n") + 1
    if stop <= start:
        return None
    return Part(file, start, stop, 2 if start else 1, file.header or names, is_quoted=b'"' in data[start:stop])


def _shown(name: str, row: dict[str, Any]) -> str:
    value = row.get(name)
    if row.get("fault"):
        return f"({row['fault']})" if name.endswith("_id") else ""
    if value is None:
        return ""
    if name == "event_time":
        instant = instant_of(value)
        return f"{instant:%Y-%m-%d %H:%M:%S}" if instant else f"? {value}"
    if name == "attributes":
        return ", ".join(f"{key} {text}" for key, text in value)
    return " | ".join(value) if isinstance(value, list) else str(value)
