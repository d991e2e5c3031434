"""Text to typed values in Arrow, as tawny.ingest.rules does it in Spark; one test asks both about the same texts.

Shapes: N rows.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tawny.ingest.texts import BELOW, ISO, MICROS, NOT_FINITE, NUMBER

_SPACES = " \t\r\n"
_WHOLE = r"^[+-]?\d{1,18}$"
# What Arrow's cast reads as Spark's does; all other ISO texts are read one by one.
_PLAIN = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?$"
_ZONED = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-](0\d|1[0-7]):[0-5]\d)$"
_PARTS = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?\s*([A-Za-z+-].*)?)?"
)
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{1,2}))?(?::?(\d{2}))?")
_MAX_MICROS = (1 << 63) - 1


def text(array: pa.Array) -> pa.Array:
    """string [N]: the trimmed text; null where nothing is left."""
    trimmed = pc.utf8_trim(array, _SPACES)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def number(array: pa.Array) -> pa.Array:
    """double [N]: decimal numbers, nan and inf; null for all else. 0.0 for -0.0."""
    is_number = pc.or_(pc.match_substring_regex(array, NUMBER), pc.match_substring_regex(array, NOT_FINITE))
    unsigned = pc.replace_substring_regex(pc.if_else(is_number, array, pa.scalar(None, pa.string())), r"^\+", "")
    try:
        values = unsigned.cast(pa.float64())
    except pa.ArrowInvalid:  # what Arrow does not know: `1.`, `.5`
        values = pa.array([None if one is None else float(one) for one in unsigned.to_pylist()], pa.float64())
    return pc.add(values, 0.0)


def instant(array: pa.Array, unit: str, zone: str = "UTC") -> pa.Array:
    """int64 [N]: microseconds since 1970, of a number in this unit or of ISO 8601; null for all else.

    Args:
        array: strings [N].
        unit: a TimeUnit (tawny.ingest.files.file).
        zone: of ISO times that name none.
    """
    is_whole = pc.match_substring_regex(array, _WHOLE)
    found = _whole(_only(array, is_whole), unit)
    for pattern, zoned in ((_PLAIN, False), (_ZONED, True)):
        chosen = pc.and_(pc.match_substring_regex(array, pattern), pc.is_null(found))
        if pc.any(chosen).as_py():
            found = pc.coalesce(found, _fast(_only(array, chosen), zone, zoned=zoned))
    left = _only(array, pc.and_(pc.is_null(found), pc.is_valid(array)))
    if left.null_count == len(left):
        return found
    return pc.coalesce(found, pa.array([_one(value, unit, zone) for value in left.to_pylist()], pa.int64()))


def _only(array: pa.Array, mask: pa.Array) -> pa.Array:
    return pc.if_else(mask, array, pa.scalar(None, pa.string()))


def _whole(array: pa.Array, unit: str) -> pa.Array:
    values = pc.replace_substring_regex(array, r"^\+", "").cast(pa.int64())
    plain, is_there = pc.fill_null(values, 0).to_numpy(), pc.is_valid(values)
    sizes = np.abs(plain)
    units = {name: np.full(len(plain), name == unit) for name in MICROS}
    if unit == "auto":
        smaller = np.zeros(len(plain), bool)
        for name in MICROS:
            units[name] = ~smaller & (sizes < BELOW.get(name, np.inf))
            smaller |= units[name]
    micros, is_small = np.zeros(len(plain), np.int64), np.ones(len(plain), bool)
    for name, chosen in units.items():
        factor = MICROS[name]
        if factor >= 1:
            is_small &= ~chosen | (sizes <= _MAX_MICROS // int(factor))
            micros[chosen & is_small] = plain[chosen & is_small] * int(factor)
        else:
            micros[chosen] = np.fix(plain[chosen] * float(factor)).astype(np.int64)
    return pc.if_else(pc.and_(is_there, pa.array(is_small)), pa.array(micros), pa.scalar(None, pa.int64()))


def _fast(array: pa.Array, zone: str, *, zoned: bool) -> pa.Array:
    """By Arrow; where one of the texts is no time (February 30), all nulls, so that each is read by itself."""
    try:
        if zoned:
            return array.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
        times = array.cast(pa.timestamp("us"))
        if zone != "UTC":
            times = pc.assume_timezone(times, zone, ambiguous="earliest", nonexistent="latest")
        return times.cast(pa.int64())
    except pa.ArrowInvalid:
        return pa.nulls(len(array), pa.int64())


@lru_cache(maxsize=100_000)
def _one(value: str | None, unit: str, zone: str) -> int | None:
    """Microseconds of one text that is neither a whole number nor a plain ISO time."""
    if value is None:
        return None
    if re.match(NUMBER, value):
        return _decimal(value, unit)
    parts = _PARTS.fullmatch(value)
    if not parts or not re.match(ISO, value):
        return None
    year, month, day, hour, minute, second, fraction, named = parts.groups()
    at = _zone(named) if named else ZoneInfo(zone)
    try:
        micros = int((fraction or "").ljust(6, "0")[:6])
        local = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micros)
        return None if at is None else (local.replace(tzinfo=at) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None


def _decimal(value: str, unit: str) -> int | None:
    try:
        exact = Decimal(value).quantize(Decimal("0.000001"))
    except InvalidOperation:
        return None
    name = unit if unit != "auto" else next((name for name in MICROS if abs(exact) < BELOW.get(name, np.inf)), "ns")
    micros = int(exact * MICROS[name])
    return micros if abs(micros) <= _MAX_MICROS else None


def _zone(name: str) -> tzinfo | None:
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign, hours, minutes, seconds = offset.groups()
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0), seconds=int(seconds or 0))
        return timezone(-ahead if sign == "-" else ahead) if ahead <= timedelta(hours=18) else None
    if name in ("Z", "UTC", "GMT", "UT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros_of_day(day: date) -> int:
    """Microseconds from 1970 to 00:00 UTC of the day."""
    return (day - _EPOCH.date()) // timedelta(microseconds=1)
