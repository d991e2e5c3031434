"""What there is to say about accepted events, items and users: spans, counts, the heaviest, who is described.

Shapes: N events, U users, I items.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tawny.core.arrays import Counts
from tawny.core.columns import EVENT_TYPES, EventType
from tawny.ingest.files.file import Inspected
from tawny.ingest.files.layout import mapping_of
from tawny.ingest.files.schema import CANONICAL, MAPS
from tawny.ingest.profile.measure import MICROS_PER_DAY, Measured, codes, type_numbers

_N_HEAVIEST = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Heavy:
    """A user or an item and its events."""

    name: str
    n: int


@dataclass(frozen=True)
class EventFacts:
    """What the accepted events are.

    Attributes:
        users, items: int64 [N], dense from 0, in the order of `user_names` and `item_names`.
        types: int8 [N], places in EVENT_TYPES.
        micros: int64 [N], since 1970, UTC.
        user_names, item_names: strings [U], [I].
    """

    users: Counts
    items: Counts
    types: NDArray[np.int8]
    micros: Counts
    user_names: pa.Array
    item_names: pa.Array

    @classmethod
    def of(cls, measured: Measured) -> "EventFacts":
        """Of the rows that were accepted; one at least."""
        users, user_names = _dense(measured.rows["user_id"])
        items, item_names = _dense(measured.rows["item_id"])
        micros = measured.rows["event_ts"].to_numpy()
        return cls(users, items, type_numbers(measured.rows["event_type"]), micros, user_names, item_names)

    @property
    def n_events(self) -> int:
        """N."""
        return len(self.users)

    @property
    def n_users(self) -> int:
        """U."""
        return len(self.user_names)

    @property
    def n_items(self) -> int:
        """I."""
        return len(self.item_names)

    @property
    def first(self) -> datetime:
        """The oldest event's time."""
        return instant_of(int(self.micros.min()))

    @property
    def last(self) -> datetime:
        """The newest event's time."""
        return instant_of(int(self.micros.max()))

    def n_by_type(self) -> dict[EventType, int]:
        """Events by type, the commonest first."""
        counted = zip(EVENT_TYPES, np.bincount(self.types, minlength=len(EVENT_TYPES)).tolist(), strict=True)
        return {kind: n for kind, n in sorted(counted, key=lambda one: -one[1]) if n}

    def n_from(self, cutoff: datetime) -> int:
        """Events at the instant or later."""
        return int((self.micros >= (cutoff - _EPOCH) // timedelta(microseconds=1)).sum())

    def n_active_days(self) -> int:
        """UTC days with an event."""
        return len(np.unique(self.micros // MICROS_PER_DAY))

    def longest_gap(self) -> tuple[date, int]:
        """The longest run of days without an event: the first of them, and how many."""
        days = np.unique(self.micros // MICROS_PER_DAY)
        if len(days) < 2:
            return instant_of(int(self.micros.min())).date(), 0
        at = int(np.argmax(np.diff(days)))
        return _EPOCH.date() + timedelta(days=int(days[at]) + 1), int(days[at + 1] - days[at]) - 1

    def midnight_share(self) -> float:
        """Of the events, those at 00:00:00 of their day."""
        return float((self.micros % MICROS_PER_DAY == 0).mean())

    def heavy_users(self) -> list[Heavy]:
        """Those with the most events."""
        return _heaviest(self.users, self.user_names)

    def heavy_items(self) -> list[Heavy]:
        """Those with the most events."""
        return _heaviest(self.items, self.item_names)

    def described_share(self, described: Measured) -> float:
        """Of the users or items of the events, those that rows of that kind describe."""
        is_items = described.looked.kind == "items"
        names, key = (self.item_names, "item_id") if is_items else (self.user_names, "user_id")
        if not described.rows.num_rows:
            return 0.0
        return float(pc.mean(pc.is_in(names, described.rows[key].combine_chunks().dictionary)).as_py() or 0.0)

    def n_with_described(self, items: Measured) -> int:
        """Items of the events, and items that are described, together."""
        if not items.rows.num_rows:
            return self.n_items
        names = items.rows["item_id"].combine_chunks().dictionary
        return self.n_items + int(pc.sum(pc.invert(pc.is_in(names, self.item_names))).as_py() or 0)

    def exhausted_share(self, seen_types: Iterable[EventType], n_items: int) -> float:
        """Of the users, those with an event of such a type with each of so many items."""
        is_seen = np.isin(self.types, [EVENT_TYPES.index(kind) for kind in seen_types])
        pairs = np.unique(self.users[is_seen] * (self.n_items + 1) + self.items[is_seen]) // (self.n_items + 1)
        return float((np.bincount(pairs, minlength=self.n_users) >= n_items).mean())


def instant_of(micros: int) -> datetime:
    """The instant, UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def columns_of(inspected: Inspected) -> dict[str, str]:
    """Canonical name -> the file's column, or `= value` where every row gets the same; `-` where there is none."""
    file = inspected.file
    mapping = mapping_of(file, inspected.names or CANONICAL[file.kind])
    there, maps = set(inspected.names), MAPS.get(file.kind)
    found = {}
    for ours in (*CANONICAL[file.kind], *(name for name in file.columns if name not in CANONICAL[file.kind])):
        theirs = mapping.columns.get(ours, ours)
        if theirs in there:
            found[ours] = theirs
        elif ours in mapping.defaults:
            found[ours] = f"= {mapping.defaults[ours]}"
    rest = [ours.partition(".")[2] for ours in mapping.columns if maps and ours.startswith(f"{maps}.")]
    if maps == "attributes" and rest:
        found = {ours: theirs for ours, theirs in found.items() if not ours.startswith("attributes.")}
        found["attributes"] = " + ".join(sorted(set(rest) & there))
    return found


def unused_columns(inspected: Inspected) -> list[str]:
    """The file's columns that nothing reads, in order."""
    used = set(columns_of(inspected).values())
    mapping = mapping_of(inspected.file, inspected.names)
    flags = {*mapping.flags, mapping.year}
    is_users = inspected.file.kind == "users"
    return [] if is_users else [name for name in inspected.names if name not in used | flags]


def _dense(column: pa.ChunkedArray) -> tuple[Counts, pa.Array]:
    """int64 [N] and the names: places among the values that occur."""
    places = codes(column)
    there, dense = np.unique(places, return_inverse=True)
    return dense.astype(np.int64), column.chunk(0).dictionary.take(pa.array(there))


def _heaviest(places: Counts, names: pa.Array) -> list[Heavy]:
    n = np.bincount(places, minlength=len(names))
    order: Any = np.lexsort((np.arange(len(n)), -n))[:_N_HEAVIEST]
    return [Heavy(names[int(place)].as_py(), int(n[place])) for place in order]
