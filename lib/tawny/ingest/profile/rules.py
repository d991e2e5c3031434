"""The rules of tawny.ingest.rules, events and descriptions on Arrow batches: which rows an ingest refuses, and why.

One test hands the same bad files to these rules and to those of Spark, and compares every count.

Shapes: N rows of a batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tawny.core.arrays import Bools
from tawny.core.columns import EVENT_TYPES
from tawny.ingest.files.file import Kind, LandingFile
from tawny.ingest.files.schema import MALFORMED_ROW, NO_LINE_END, OWN_ID, SOURCE, UNTERMINATED_ROW
from tawny.ingest.judge import Count
from tawny.ingest.profile.typed import instant, micros_of_day, number, text
from tawny.ingest.reasons import ABOUT_A_COLUMN, Reason
from tawny.ingest.settings import IngestEventsSettings, IngestItemsSettings, IngestSettings

_LAST = (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days * 86_400_000_000
_LAST += 86_400_000_000 - 1


@dataclass(frozen=True)
class Broken:
    """Rows that break one rule.

    Attributes:
        column: as the quarantine's detail names it.
        rows: bool [N].
        values: [N], what the detail shows.
    """

    reason: Reason
    column: str
    rows: Bools
    values: pa.Array


@dataclass(frozen=True)
class Checked:
    """A batch after the rules that look at one row alone.

    Attributes:
        accepted: the columns of the kind, typed, of the rows that broke no rule, and `line`.
        counts: rows by fate (tawny.ingest.judge.Count), the accepted ones too.
        details: the quarantine's detail of the first row of each refused count.
    """

    accepted: pa.Table
    counts: list[Count]
    details: list[str]


def check_batch(batch: pa.RecordBatch, file: LandingFile, settings: IngestSettings) -> Checked:
    """The raw rows (tawny.ingest.files.schema) of one file, each by itself."""
    typed = _TYPED[file.kind](batch, file)
    code, broken = np.full(batch.num_rows, -1), list(_BROKEN[file.kind](typed, settings))
    for number_of, one in enumerate(broken):
        code[(code < 0) & one.rows] = number_of
    faults = _faults(batch, settings)
    is_faulty = pc.is_valid(faults).to_numpy(zero_copy_only=False)
    code[is_faulty] = len(broken)
    lines = batch.column("source_line").to_numpy()
    counts, details = [], []
    for number_of in np.unique(code).tolist():
        rows = np.flatnonzero(code == number_of)
        if number_of == len(broken):
            found = _count_faults(file.path, faults.take(pa.array(rows)), batch.column("fault_detail"), rows, lines)
            counts += [count for count, _ in found]
            details += [detail for _, detail in found]
            continue
        first = rows[int(np.argmin(lines[rows]))]
        line = int(lines[first])
        if number_of < 0:
            counts.append(Count(file.path, None, None, len(rows), line))
            details.append("")
            continue
        one = broken[number_of]
        column = one.column if one.reason in ABOUT_A_COLUMN else None
        counts.append(Count(file.path, one.reason.value, column, len(rows), line))
        value = one.values[int(first)].as_py()
        details.append(f"{one.column}={'' if value is None else value}")
    kept = pa.array(code < 0)
    return Checked(pa.table({**typed, "line": batch.column("source_line")}).filter(kept), counts, details)


def _faults(batch: pa.RecordBatch, settings: IngestSettings) -> pa.Array:
    """string [N]: what the reader found; the missing line end of a whole row may be accepted."""
    faults = batch.column("fault")
    if not settings.accept_unterminated or faults.null_count == len(faults):
        return faults
    is_cut = pc.equal(faults, UNTERMINATED_ROW)
    is_whole = pc.and_kleene(is_cut, pc.equal(batch.column("fault_detail"), NO_LINE_END))
    cut = pc.if_else(is_whole, pa.scalar(None, pa.string()), pa.scalar(MALFORMED_ROW))
    return pc.if_else(pc.fill_null(is_cut, False), cut, faults)


def _count_faults(
    path: str, faults: pa.Array, all_details: pa.Array, rows: NDArray[np.int64], lines: NDArray[np.int64]
) -> list[tuple[Count, str]]:
    """The reader's faults by code and, where they are about one, by column."""
    first: dict[tuple[str, str | None], tuple[int, int, str]] = {}
    for fault, row in zip(faults.to_pylist(), rows.tolist(), strict=True):
        detail = all_details[row].as_py() or ""
        column = detail.partition("=")[0] if fault in ABOUT_A_COLUMN else None
        n, line, shown = first.get((fault, column), (0, int(lines[row]), detail))
        first[fault, column] = (n + 1, line, shown)
    return [(Count(path, fault, column, n, line), shown) for (fault, column), (n, line, shown) in first.items()]


def _events(batch: pa.RecordBatch, file: LandingFile) -> dict[str, pa.Array]:
    time, value = text(batch.column("event_time")), text(batch.column("value"))
    return {
        "user_id": text(batch.column("user_id")), "item_id": text(batch.column("item_id")),
        "event_type": pc.utf8_lower(text(batch.column("event_type"))), "event_time": time,
        "event_ts": instant(time, file.time_unit, file.time_zone), "value_text": value, "value": number(value),
        "context": _context(batch.column("context")), "own_id": _own_id(batch),
    }  # fmt: skip


def _own_id(batch: pa.RecordBatch) -> pa.Array:
    """string [N]: the source and the id that it gives the event, as one text; null where it gives none."""
    return pc.binary_join_element_wise(pc.fill_null(batch.column(SOURCE), ""), text(batch.column(OWN_ID)), "\0")


def _context(maps: pa.Array) -> pa.Array:
    """string [N]: the entries that hold something, sorted, as one text; null where there are none."""
    if maps.null_count == len(maps):
        return pa.nulls(len(maps), pa.string())
    kept = [sorted((k, v) for k, v in one or () if v is not None and v.strip(" \t\r\n")) for one in maps.to_pylist()]
    return pa.array([repr(one) if one else None for one in kept], pa.string())


def _items(batch: pa.RecordBatch, file: LandingFile) -> dict[str, pa.Array]:
    texts = {name: text(batch.column(name)) for name in ("price", "available_from", "available_until", "known_from")}
    times = {
        name: instant(texts[name], file.time_unit, file.time_zone)
        for name in ("available_from", "available_until", "known_from")
    }
    return {
        "item_id": text(batch.column("item_id")), "title": text(batch.column("title")),
        "has_categories": pc.fill_null(pc.greater(pc.list_value_length(batch.column("categories")), 0), False),
        "price": number(texts["price"]), **{f"{name}_text": value for name, value in texts.items()}, **times,
    }  # fmt: skip


def _users(batch: pa.RecordBatch, file: LandingFile) -> dict[str, pa.Array]:
    since = text(batch.column("known_from"))
    return {
        "user_id": text(batch.column("user_id")), "known_from_text": since, "known_from": instant(since, file.time_unit)
    }  # fmt: skip


def _event_rules(typed: dict[str, pa.Array], settings: IngestSettings) -> Iterator[Broken]:
    if not isinstance(settings, IngestEventsSettings):
        raise TypeError("settings of ingest_events are needed")
    kinds, value, micros = typed["event_type"], typed["value"], typed["event_ts"]
    yield from _missing(typed, "user_id", "item_id", "event_type", "event_time")
    yield from _too_long(typed, settings, "user_id", "item_id")
    is_known = pc.is_in(kinds, pa.array(EVENT_TYPES))
    yield Broken(Reason.UNKNOWN_EVENT_TYPE, "event_type", _mask(pc.invert(is_known)), kinds)
    yield _unreadable("event_ts", micros, typed["event_time"])
    yield _unreadable("value", value, typed["value_text"])
    yield Broken(Reason.MISSING_VALUE, "value", _mask(pc.and_(pc.equal(kinds, "rating"), pc.is_null(value))), value)
    if settings.negative_purchases == "refuse":
        is_refund = pc.and_(pc.equal(kinds, "purchase"), pc.less(value, 0.0))
        yield Broken(Reason.NEGATIVE_PURCHASE, "value", _mask(is_refund), value)
    yield Broken(Reason.OUT_OF_RANGE, "value", _out_of_range(kinds, value, settings), value)
    times = micros.cast(pa.timestamp("us"))
    floor = micros_of_day(settings.floor_date)
    yield Broken(Reason.BEFORE_FLOOR, "event_ts", _mask(pc.less(micros, floor)), times)
    yield Broken(Reason.OUT_OF_RANGE, "event_ts", _mask(pc.greater(micros, _LAST)), micros)


def _out_of_range(kinds: pa.Array, value: pa.Array, settings: IngestEventsSettings) -> Bools:
    """NaN is greater than every number, as in Spark."""
    values, names = pc.fill_null(value, 0.0).to_numpy(zero_copy_only=False), kinds.to_numpy(zero_copy_only=False)
    low, high = np.full(len(values), settings.min_value), np.full(len(values), settings.max_value)
    for kind, (least, most) in settings.value_ranges.items():
        low[names == kind], high[names == kind] = least, most
    return np.asarray(pc.is_valid(value).to_numpy(zero_copy_only=False) & ~((values >= low) & (values <= high)))


def _item_rules(typed: dict[str, pa.Array], settings: IngestSettings) -> Iterator[Broken]:
    if not isinstance(settings, IngestItemsSettings):
        raise TypeError("settings of ingest_items are needed")
    price, begin, end = typed["price"], typed["available_from"], typed["available_until"]
    yield from _missing(typed, "item_id")
    yield from _too_long(typed, settings, "item_id")
    for name in ("price", "available_from", "available_until"):
        yield _unreadable(name, typed[name], typed[f"{name}_text"])
    prices = pc.fill_null(price, 0.0).to_numpy(zero_copy_only=False)
    yield Broken(Reason.OUT_OF_RANGE, "price", ~((prices >= 0) & (prices <= settings.max_price)), price)
    for name in ("available_from", "available_until"):
        yield Broken(Reason.OUT_OF_RANGE, name, _mask(pc.greater(typed[name], _LAST)), typed[name])
    period = pc.binary_join_element_wise(typed["available_from_text"], typed["available_until_text"], " available_until=")
    yield Broken(Reason.OUT_OF_RANGE, "available_from", _mask(pc.greater_equal(begin, end)), period)
    yield _unreadable("known_from", typed["known_from"], typed["known_from_text"])


def _user_rules(typed: dict[str, pa.Array], settings: IngestSettings) -> Iterator[Broken]:
    yield from _missing(typed, "user_id")
    yield from _too_long(typed, settings, "user_id")
    yield _unreadable("known_from", typed["known_from"], typed["known_from_text"])


def _missing(typed: dict[str, pa.Array], *names: str) -> Iterator[Broken]:
    for name in names:
        yield Broken(Reason.MISSING_VALUE, name, _mask(pc.is_null(typed[name])), typed[name])


def _too_long(typed: dict[str, pa.Array], settings: IngestSettings, *names: str) -> Iterator[Broken]:
    for name in names:
        rows = _mask(pc.greater(pc.utf8_length(typed[name]), settings.max_id_length))
        yield Broken(Reason.ID_TOO_LONG, name, rows, typed[name])


def _unreadable(column: str, value: pa.Array, came: pa.Array) -> Broken:
    return Broken(Reason.WRONG_TYPE, column, _mask(pc.and_(pc.is_null(value), pc.is_valid(came))), came)


def _mask(rows: pa.Array) -> Bools:
    """bool [N]; null is false."""
    return np.asarray(pc.fill_null(rows, False).to_numpy(zero_copy_only=False))


_TYPED = {"events": _events, "items": _items, "users": _users}
_BROKEN = {"events": _event_rules, "items": _item_rules, "users": _user_rules}

KINDS: tuple[Kind, ...] = ("events", "items", "users")
