"""A file's texts as Tawny means them: missing values, ids that are numbers, event types and times of the file's own kind."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.columns import EVENT_TYPE, ITEM_ID, KNOWN_FROM, USER_ID
from tawny.ingest.files.file import LandingFile
from tawny.ingest.files.schema import OWN_ID

Report = Callable[[int, str], None]
"""Says that the value of a row has the wrong type: the row in the batch, and `column=value`."""

_BLANK = " \t\r\n"
_TIMES = ("event_time", "available_from", "available_until", KNOWN_FROM)


def without_missing(array: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    """strings [n] with nulls where the text stands for no value; arrays of other types as they are.

    >>> without_missing(pa.array(["NULL", " nan", "1"]), ("nan", "null")).to_pylist()
    [None, None, '1']
    """
    if not missing or not pa.types.is_string(array.type):
        return array
    is_missing = pc.is_in(_folded(array), pa.array(missing))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), array) if pc.any(is_missing).as_py() else array


def map_without_missing(maps: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    """map<string,string> [n] with a null for each such value."""
    kept = without_missing(maps.items, missing)
    if kept is maps.items:
        return maps
    whole = pa.MapArray.from_arrays(maps.offsets, maps.keys, kept)
    return pc.if_else(pc.is_valid(maps), whole, pa.scalar(None, maps.type))


def translated(columns: dict[str, pa.Array], file: LandingFile, report: Report) -> dict[str, pa.Array]:
    """Those of a batch's canonical columns that the file writes in its own way."""
    ids: tuple[str, ...] = (USER_ID, ITEM_ID, OWN_ID)
    changed = {name: _whole_number(columns[name]) for name in ids if name in columns}
    if file.event_types and EVENT_TYPE in columns:
        changed[EVENT_TYPE] = _event_types(columns[EVENT_TYPE], file)
    if file.decimal == ",":
        changed |= {name: _with_point(columns[name]) for name in ("value", "price") if name in columns}
    if file.time_format is not None:
        for name in (name for name in _TIMES if name in columns):
            changed[name] = _times(columns[name], name, file, report)
    return changed


_THOUSANDS = r"^\s*[+-]?\d{1,3}(\.\d{3})+(,\d+)?\s*$"


def _with_point(array: pa.Array) -> pa.Array:
    """`1.234,50` and `12,5` as `1234.50` and `12.5`; a number that has a point for its fraction stays."""
    without = pc.if_else(pc.match_substring_regex(array, _THOUSANDS), pc.replace_substring(array, ".", ""), array)
    return pc.replace_substring_regex(without, r"^(\s*[+-]?\d+),(\d+\s*)$", r"\1.\2")


def _folded(array: pa.Array) -> pa.Array:
    return pc.utf8_lower(pc.utf8_trim(array, _BLANK))


def _whole_number(ids: pa.Array) -> pa.Array:
    """An id that is a whole number loses its fraction: programs that know no missing integers write 1 as 1.0."""
    if not pc.any(pc.match_substring(ids, ".0")).as_py():
        return ids
    return pc.replace_substring_regex(ids, r"^\s*(-?\d+)\.0+\s*$", r"\1")


def _event_types(array: pa.Array, file: LandingFile) -> pa.Array:
    encoded = _folded(array).dictionary_encode()
    ours = pa.array([file.event_types.get(text, text) for text in encoded.dictionary.to_pylist()], pa.string())
    return ours.take(encoded.indices)


def _times(array: pa.Array, name: str, file: LandingFile, report: Report) -> pa.Array:
    """The times of the file's format as ISO 8601; what is not of the format is reported."""
    zone, parsed = ZoneInfo(file.time_zone), dict[str, str | None]()
    times: list[str | None] = []
    for row, text in enumerate(array.to_pylist()):
        stripped = (text or "").strip(_BLANK)
        if stripped not in parsed:
            parsed[stripped] = _iso(stripped, str(file.time_format), zone, is_date=name == KNOWN_FROM)
        times.append(parsed[stripped])
        if stripped and parsed[stripped] is None:
            report(row, f"{name}={text}, which is not of the format {file.time_format}")
    return pa.array(times, pa.string())


def _iso(text: str, time_format: str, zone: ZoneInfo, *, is_date: bool) -> str | None:
    try:
        found = datetime.strptime(text, time_format)
    except ValueError:
        return None
    if is_date:  # a day is that of the zone
        return found.date().isoformat()
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC).isoformat()
