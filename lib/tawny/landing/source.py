"""What is known of a landing file before it is opened, and after it was looked at."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, cast

Table = Literal["events", "items", "users"]
Format = Literal["parquet", "csv", "jsonl", "movielens-100k", "movielens-1m", "recbole"]

REQUIRED: dict[Table, tuple[str, ...]] = {
    "events": ("user_id", "item_id", "event_type", "event_time"),
    "items": ("item_id",),
    "users": ("user_id",),
}
ITEM_COLUMNS = (
    "item_id", "title", "description", "categories", "price", "image", "available_from", "available_until",
)  # fmt: skip
CANONICAL: dict[Table, tuple[str, ...]] = {
    "events": (*REQUIRED["events"], "value", "context"),
    "items": ITEM_COLUMNS,
    "users": ("user_id", "attributes"),
}
MAPS: dict[Table, str] = {"events": "context", "users": "attributes"}


@dataclass(frozen=True)
class Source:
    """One landing file and how it is declared; small, and picklable for the way to the workers.

    Attributes:
        landing: the landing folder.
        path: of the file, below `landing`.
        table: what the file holds.
        format: how it is written.
        columns: canonical name -> the file's name. `context.NAME` and `attributes.NAME` name one key of those maps.
        defaults: canonical name -> value where the file has no such column.
        time_unit: how a numeric time counts.
    """

    landing: str
    path: str
    table: Table
    format: Format
    columns: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    time_unit: Literal["s", "ms", "us"] = "s"

    @property
    def full_path(self) -> Path:
        """Where the file lies."""
        return Path(self.landing) / self.path

    @property
    def is_gzip(self) -> bool:
        """Whether its name says that it is compressed."""
        return self.path.endswith(".gz")

    def open(self) -> IO[bytes]:
        """The file's bytes, decompressed."""
        if self.is_gzip:
            import gzip

            return cast(IO[bytes], gzip.open(self.full_path, "rb"))
        return self.full_path.open("rb")


@dataclass(frozen=True)
class Part:
    """What one task reads of a file: bytes `[start, stop)` of text, or row groups `[start, stop)` of Parquet.

    Attributes:
        first_line: number of the first line (row, for Parquet), from 1; a header counts.
        names: the file's column names, in order; empty for JSON Lines, where each row names its own.
        is_quoted: a CSV file in which a quotation mark occurs: rows and lines may differ.
    """

    source: Source
    start: int
    stop: int | None
    first_line: int
    names: tuple[str, ...] = ()
    is_quoted: bool = False


@dataclass(frozen=True)
class Inspected:
    """A file that is what it says it is: how many rows it has, and how the tasks share it."""

    source: Source
    n_rows: int
    parts: tuple[Part, ...]
