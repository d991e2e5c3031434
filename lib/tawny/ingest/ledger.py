"""The ledger of landed files: what was read of which content, what is still to be read or taken back. Needs no Spark."""

import json
import re
from collections.abc import Iterable
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa

from tawny.core.config import Env
from tawny.core.errors import ConfigError, StaleInputError
from tawny.ingest.files.file import Kind, LandingFile, Stamp, kind_of
from tawny.ingest.files.find import find_files
from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.tables.landings import LANDINGS

Status = Literal["reading", "read", "copy", "replaced", "replaying", "retracting", "retracted"]
"""reading: a run began to write its rows; copy: the bytes were read under another path; replaced: by a later content of the
path; replaying: to be read again; retracting: its rows are to be taken back."""

STANDING: tuple[Status, ...] = ("read", "copy", "replaying")
"""The rows of such files are in the tables."""

_MARK_FROM: dict[Status, tuple[Status, ...]] = {
    "retracting": (*STANDING, "retracting"), "replaying": ("read", "replaying"),
}  # fmt: skip

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Entry:
    """A row of landings_v1."""

    kind: Kind
    path: str
    digest: str
    parser: str
    n_bytes: int
    modified_ts: datetime
    delivery: int
    known_from: date
    status: Status
    n_rows: int
    n_accepted: int
    n_refused: int
    names: tuple[str, ...]
    run_date: date
    run_id: str
    delimiter: str | None = None

    @property
    def key(self) -> Key:
        """What no other entry has."""
        return self.kind, self.path, self.digest, self.parser

    def is_at(self, file: LandingFile, stamp: Stamp) -> bool:
        """Whether the file is the one of this entry, by all that can be seen without reading it."""
        return (self.path, self.parser, self.n_bytes, self.modified_ts) == (
            file.path, parser_of(file), stamp.n_bytes, stamp.modified_ts,
        )  # fmt: skip

    @property
    def snapshot_of(self) -> str | None:
        """The source of which the file is a snapshot, or a part of one."""
        declared = json.loads(self.parser)
        return declared["source"] if declared.get("mode") == "snapshot" else None

    @property
    def has_event_ids(self) -> bool:
        """Whether its rows have ids of their own."""
        return "event_id" in json.loads(self.parser)["columns"]

    def file(self, landing: str) -> LandingFile:
        """The file as it was declared when it was read."""
        return LandingFile(
            landing, self.path, self.kind, **_declared(self.parser), found_delimiter=self.delimiter, digest=self.digest,
            delivery=self.delivery, known_from=self.known_from,
        )  # fmt: skip


def parser_of(file: LandingFile) -> str:
    """How the file is declared to be read, as JSON: a file that is declared otherwise is read again.

    A setting that came later stands there only where it is not the default, and the automatic unit as the seconds that were
    the default before it: so the files of an older lake are not read again.
    """
    declared = {name: getattr(file, name) for name in ("format", "columns", "defaults", "time_unit")}
    declared["time_unit"] = _UNITS.get(file.time_unit, file.time_unit)
    declared |= {name: value for name in _LATER if (value := getattr(file, name)) != _DEFAULTS[name]}
    return json.dumps(declared, sort_keys=True)


_LATER = (
    "delimiter", "event_types", "time_zone", "time_format", "categories_separator", "missing_values", "mode", "source",
    "version", "header", "decimal",
)  # fmt: skip
_DEFAULTS = {one.name: one.default if one.default is not MISSING else {} for one in fields(LandingFile)}
_UNITS = {"auto": "s", "s": "seconds"}


def _declared(parser: str) -> dict[str, Any]:
    """The fields of a landing file that `parser_of` wrote."""
    declared = json.loads(parser)
    declared["time_unit"] = {written: unit for unit, written in _UNITS.items()}.get(
        declared["time_unit"], declared["time_unit"]
    )
    declared |= {name: tuple(declared[name]) for name in ("missing_values", "header") if name in declared}
    return dict(declared)


def delivery_order(path: str, modified_ts: datetime) -> tuple[datetime, tuple[tuple[int, str], ...], str]:
    """Sorts files as they were delivered: by time, then by name, where `items_9` goes before `items_10`.

    >>> delivery_order("items_10.csv", 0) > delivery_order("items_9.csv", 0)
    True
    """
    parts = re.split(r"(\d+)", path)
    return modified_ts, tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts), path


def entries_of(rows: pa.Table, kind: Kind | None = None) -> tuple[Entry, ...]:
    """The entries of a kind, or all, in the order of delivery."""
    found = [Entry(**{**row, "names": tuple(row["names"] or ())}) for row in rows.to_pylist()]
    return tuple(sorted((e for e in found if kind in (None, e.kind)), key=lambda e: (e.delivery, e.key)))


def ledger_of(entries: Iterable[Entry]) -> pa.Table:
    """The entries as rows of landings_v1."""
    return pa.Table.from_pylist([asdict(entry) for entry in entries], schema=arrow_schema(LANDINGS))


def read_ledger(lake: ArrowLake, kind: Kind | None = None) -> tuple[Entry, ...]:
    """The newest entries of a kind, or all; none where there is no ledger yet."""
    try:
        version = lake.version(LANDINGS)
    except StaleInputError:
        return ()
    return entries_of(lake.read(LANDINGS, version, ()), kind)


def changed(rows: pa.Table, new: Iterable[Entry], dropped: Iterable[Key] = ()) -> pa.Table:
    """The ledger with entries put in place of those with the same key, and others dropped."""
    by_key = {entry.key: entry for entry in entries_of(rows)} | {entry.key: entry for entry in new}
    for key in dropped:
        by_key.pop(key, None)
    return ledger_of(sorted(by_key.values(), key=lambda entry: entry.key))


def is_known(entries: Iterable[Entry], file: LandingFile, stamp: Stamp) -> bool:
    """Whether the file has nothing to say that is not in the tables, by the ledger alone."""
    return any(e.status in ("read", "copy", "retracted", "retracting") and e.is_at(file, stamp) for e in entries)


def pending(env: Env, lake: ArrowLake, kind: str) -> tuple[str, ...]:
    """The paths below landing for which the next ingest of this kind has something to do; no file is opened.

    These are the files that were not read as they are now, and those of which a run, `tawny retract` or `tawny replay` left
    something to be done.

    Raises:
        InputError, ConfigError: as of `find_files`.
    """
    entries = read_ledger(lake, known := kind_of(kind))
    new = [file.path for file in find_files(env, known) if not is_known(entries, file, file.look())]
    left = [e.path for e in entries if e.status in ("reading", "replaying", "retracting")]
    return tuple(sorted({*new, *left}))


def marked(rows: pa.Table, name: str, status: Literal["retracting", "replaying"]) -> pa.Table:
    """The ledger where the file of that path, or digest (its first 8 digits at least), is to be taken back or read again.

    Raises:
        ConfigError: no such file was read, or the name is that of several.
    """
    found = find_entries(entries_of(rows), name, _MARK_FROM[status])
    return changed(rows, [Entry(**{**vars(entry), "status": status}) for entry in found])


def find_entries(entries: Iterable[Entry], name: str, statuses: tuple[Status, ...]) -> tuple[Entry, ...]:
    """The entries of one content, in whatever places it was landed.

    Raises:
        ConfigError: there is none, or there are several.
    """
    every = tuple(entries)
    path = name.removeprefix("./")
    chosen = [e for e in every if e.status in statuses and (e.path == path or _is_digest(name, e.digest))]
    contents = {(e.kind, e.digest) for e in chosen}
    if len(contents) != 1:
        rule = f"it must name one landed file: its path below landing, or its digest (status {', '.join(statuses)})."
        came = name if not contents else f"{name}, which is {', '.join(f'{kind} {d[:12]}' for kind, d in sorted(contents))}"
        raise ConfigError(where=LANDINGS.name, rule=rule, came=came, do=f"See the paths and digests in {LANDINGS.name}.")
    kind, digest = contents.pop()
    return tuple(e for e in every if (e.kind, e.digest) == (kind, digest) and e.status in statuses)


def _is_digest(name: str, digest: str) -> bool:
    return len(name) >= 8 and digest.startswith(name)
