"""One landing file: how it is declared, what the check found, and the part of it that one task reads."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import IO, BinaryIO, Literal, cast, get_args
from urllib.parse import unquote

from tawny.core.columns import EventType
from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import MISSING_VALUES
from tawny.ingest.files.packed import as_utf8, unpacked
from tawny.ingest.files.regular import check_regular, resolve_below

Kind = Literal["events", "items", "users"]
"""What a file holds; the name of the table, without its version."""

Format = Literal["parquet", "csv", "jsonl", "json", "movielens-100k", "movielens-1m", "recbole"]
TimeUnit = Literal["auto", "s", "ms", "us", "ns"]


_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def kind_of(kind: str) -> Kind:
    """The kind of that name.

    Raises:
        ConfigError: there is none.
    """
    for known in get_args(Kind):
        if kind == known:
            return cast(Kind, known)
    rule = f"landing files hold {', '.join(get_args(Kind))}."
    raise ConfigError(where="landing", rule=rule, came=kind, do="Fix the job.")


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is as it was; all workers see the same."""

    n_bytes: int
    modified_ns: int

    @property
    def modified_ts(self) -> datetime:
        """UTC, microseconds."""
        return datetime.fromtimestamp(self.modified_ns // 1_000_000_000, UTC).replace(
            microsecond=self.modified_ns // 1_000 % 1_000_000
        )

    def __str__(self) -> str:
        """For messages, as `5 bytes of 2024-01-01 00:00:00+00:00`."""
        return f"{self.n_bytes} bytes of {datetime.fromtimestamp(self.modified_ns / 1e9, UTC)}"


@dataclass(frozen=True)
class LandingFile:
    """A file and how it is declared; small, because it is pickled for the workers.

    Attributes:
        landing: the landing folder.
        path: of the file, below `landing`.
        kind: what the file holds.
        format: how it is written.
        columns: canonical name -> the file's name. `context.NAME` and `attributes.NAME` name one key of those maps.
        defaults: canonical name -> value where the file has no such column.
        time_unit, time_zone, time_format, event_types, categories_separator, missing_values: as of
            tawny.core.config.FilesSettings; event types and missing values in small letters.
        delimiter: of a CSV file, where it is declared.
        header: of a CSV file that has none itself.
        decimal: between the whole part of a price or value and its fraction.
        mode: as of FilesSettings.
        source: the path of its [[files]] entry, where other files of the entry matter: of a snapshot, or of events with ids.
        version: of the Delta table that it is a file of, in a snapshot: each version is a delivery.
        found_delimiter: of a CSV file, as its header line has it; found at the inspection where none is declared.
        stamp: of the file when it was inspected; None before. A file with another stamp is not read.
        digest: SHA-256 of its bytes, as hex; empty before the inspection.
        delivery: its place in the order of delivery; 0 before it has one.
        known_from: the first run_date that knows what it says.
    """

    landing: str
    path: str
    kind: Kind
    format: Format
    columns: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    time_unit: TimeUnit = "auto"
    delimiter: str | None = None
    event_types: dict[str, EventType] = field(default_factory=dict)
    time_zone: str = "UTC"
    time_format: str | None = None
    categories_separator: str | None = None
    missing_values: tuple[str, ...] = MISSING_VALUES
    mode: Literal["log", "snapshot"] = "log"
    source: str = ""
    version: int | None = None
    header: tuple[str, ...] = ()
    decimal: str = "."
    found_delimiter: str | None = None
    stamp: Stamp | None = None
    digest: str = ""
    delivery: int = 0
    known_from: date | None = None

    @property
    def full_path(self) -> Path:
        """Where the file lies."""
        return Path(self.landing) / self.path

    @property
    def folders(self) -> dict[str, str | None]:
        """The columns that Hive's folders give, as in `day=2026-01-01/part-0.csv`."""
        pairs = [part.split("=", 1) for part in PurePath(self.path).parts[:-1] if re.match(r"\w+=", part)]
        return {name: None if value == _HIVE_NULL else unquote(value) for name, value in pairs}

    @property
    def shipment(self) -> str:
        """What a snapshot's source delivers at once: what its path matches, which is the file or a folder above it."""
        parts = PurePath(self.source).parts
        return self.path if "**" in parts else str(PurePath(*PurePath(self.path).parts[: len(parts)]))

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The file's bytes, decompressed; text in UTF-16 as UTF-8.

        Raises:
            InputError: as of `open_raw`.
        """
        with self.open_raw() as raw, unpacked(raw, self.path) as plain:
            yield plain if self.format == "parquet" else as_utf8(plain)

    @contextmanager
    def open_raw(self) -> Iterator[IO[bytes]]:
        """The file's bytes as they are. The only door to a landing file.

        Raises:
            InputError: it is gone, no regular file, out of the landing folder, or not the file that was inspected.
        """
        with self._unchanged():
            resolved = resolve_below(Path(self.landing), self.full_path)
            # Opening a FIFO would wait for its writer.
            raw = os.fdopen(os.open(resolved, os.O_RDONLY | os.O_NONBLOCK), "rb")
        with raw:
            self._compare(os.fstat(raw.fileno()))
            yield raw

    def look(self) -> Stamp:
        """The file's stamp now.

        Raises:
            InputError: as of `open`.
        """
        with self._unchanged():
            return self._compare(resolve_below(Path(self.landing), self.full_path).stat())

    def _compare(self, found: os.stat_result) -> Stamp:
        now = Stamp(found.st_size, found.st_mtime_ns)
        with self._unchanged():
            check_regular(Path(self.landing), self.full_path, found.st_mode)
        if self.stamp is not None and now != self.stamp:
            raise input_error(self, _UNCHANGED, f"{self.stamp} at its inspection, now {now}", do=_AGAIN)
        return now

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        """What could be read at the inspection and cannot be read now has changed."""
        try:
            yield
        except (OSError, InputError) as exc:
            if self.stamp is not None and not isinstance(exc, PermissionError):
                raise input_error(self, _UNCHANGED, str(exc), do=_AGAIN) from exc
            if isinstance(exc, InputError):
                raise
            raise input_error(self, "the file must be readable.", str(exc)) from exc


@dataclass(frozen=True)
class Part:
    """What one task reads of a file: bytes `[start, stop)` of text, or row groups `[start, stop)` of Parquet.

    Attributes:
        first_line: number of the first line (row, for Parquet), from 1; a header counts.
        names: the file's column names, in order; of JSON, where each row names its own, those of the first rows.
        is_quoted: a CSV file in which a quotation mark occurs: a row may be several lines.
        is_array: a JSON file that is one array, and not an object a line.
        unterminated_line: number of the row that ends with the file instead of a line end, if there is one.
    """

    file: LandingFile
    start: int
    stop: int | None
    first_line: int
    names: tuple[str, ...] = ()
    is_quoted: bool = False
    is_array: bool = False
    unterminated_line: int | None = None


@dataclass(frozen=True)
class Inspected:
    """A file that is what it says it is: how many rows it has, the parts that tasks read, and the names of its columns."""

    file: LandingFile
    n_rows: int
    parts: tuple[Part, ...]
    names: tuple[str, ...]


Looked = Inspected | LandingFile
"""A file that was looked into: with what its check found, or (where the ledger knows its content) its digest alone."""

_UNCHANGED = "a file must not change while it is read."
_AGAIN = "Nothing was written. Run the job again when the file is whole; a file is best renamed into the folder."
_FIX = "Fix the file or take it out of the landing folder; nothing was written."


def input_error(
    file: LandingFile, rule: str, came: str, *, line: int | None = None, column: str | None = None, do: str = _FIX
) -> InputError:
    """The error that names file, line and column, as far as they are known."""
    where = ":".join([file.path, *([str(line)] if line else []), *([column] if column else [])])
    return InputError(where=where, rule=rule, came=came, do=do)
