"""How landing files are declared: what they hold and how they are written, and what `tawny land` fetches."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tawny.core.columns import EventType
from tawny.core.settings import Names, Settings, as_tuple

MISSING_VALUES = ("#n/a", "<na>", "\\n", "n/a", "nan", "nat", "none", "null")
"""What programs write where there is no value: SQL and JSON, Python, pandas, spreadsheets, Hive and MySQL."""


class FilesSettings(Settings):
    """Landing files declared by `[[files]]`; the files of a table without such an entry are found by their names.

    Attributes:
        table: what the files hold.
        path: glob below `landing`, whatever the case of the names; `clicks/**` is every file below clicks. `..`, an absolute
            path and a link that leads out of the landing folder are refused.
        format: `auto` looks at the name: its ending, or a folder that holds a Delta table.
        delimiter: one character between the fields of a CSV file; without it, the one of `,` `;` tab `|` of its header.
        header: of CSV files whose first line is a row: the names of their columns, in order.
        decimal: between the whole part of a price or value and its fraction; with `,` a `.` divides thousands.
        columns: canonical column name -> the file's column name; in nested JSON `user.id` is the key within the key. Of a
            column that is not named here, case, spaces, `_`, `-` and `.` do not count (`User ID` is `user_id`). `event_id`
            names the column that identifies an event: a later row with the same id replaces the earlier one.
        defaults: canonical column name -> value where the file has no such column.
        event_types: the file's event type, whatever its case -> Tawny's.
        time_unit: what a numeric time counts; `auto` goes by the size of each number: below 1e11 seconds, below 1e14
            milliseconds, below 1e17 microseconds, else nanoseconds since 1970.
        time_zone: of times that name none, as `Europe/Berlin`.
        time_format: of times that are not ISO 8601, as Python's strptime reads it (`%d.%m.%Y %H:%M`).
        categories_separator: between the categories of an item that are one text; without it `|`, for RecBole a space.
        missing_values: texts that stand for no value, whatever their case; an empty text always does.
        mode: `log`: a file adds to those before it. `snapshot`, of items and users: the newest delivery, a file or a folder
            that `path` matches, is the whole truth; an item that is not in it is not listed from that day on.
    """

    table: Literal["events", "items", "users"]
    path: str
    format: Literal["auto", "csv", "jsonl", "json", "parquet", "delta", "movielens-100k", "movielens-1m", "recbole"] = "auto"
    delimiter: str | None = None
    header: Names = ()
    decimal: Literal[".", ","] = "."
    columns: dict[str, str] = {}
    defaults: dict[str, str] = {}
    event_types: dict[str, EventType] = {}
    time_unit: Literal["auto", "s", "ms", "us", "ns"] = "auto"
    time_zone: str = "UTC"
    time_format: str | None = None
    categories_separator: str | None = Field(None, min_length=1)
    missing_values: Names = MISSING_VALUES
    mode: Literal["log", "snapshot"] = "log"

    @field_validator("path")
    @classmethod
    def _must_be_below(cls, path: str) -> str:
        parts = Path(path).parts
        if not parts or Path(path).is_absolute() or ".." in parts or any("**" in part and part != "**" for part in parts):
            raise ValueError("a path is a glob below the landing folder: not absolute, without `..`, `**` between two /")
        return path

    @field_validator("delimiter")
    @classmethod
    def _must_be_one_character(cls, delimiter: str | None) -> str | None:
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
            raise ValueError("a delimiter is one character, no quotation mark and no line end")
        return delimiter

    @field_validator("header")
    @classmethod
    def _must_name_a_column_once(cls, header: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(header)) < len(header) or not all(header):
            raise ValueError("a header names each column, and each once")
        return header

    @field_validator("event_types")
    @classmethod
    def _must_differ_in_more_than_case(cls, event_types: dict[str, EventType]) -> dict[str, EventType]:
        if len(folded := {theirs.strip().casefold(): ours for theirs, ours in event_types.items()}) < len(event_types):
            raise ValueError("the case of an event type does not count: name each once")
        return folded

    @field_validator("time_zone")
    @classmethod
    def _must_be_a_zone(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError("no such time zone; zones are written as Europe/Berlin, America/New_York or UTC") from exc
        return time_zone

    @field_validator("time_format")
    @classmethod
    def _must_be_read_back(cls, time_format: str | None) -> str | None:
        sample = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)
        try:
            found = datetime.strptime(sample.strftime(time_format), time_format) if time_format is not None else sample
        except ValueError as exc:
            raise ValueError(f"not a format of Python's strptime: {exc}") from exc
        if found.date() != sample.date():
            raise ValueError("a format must give year, month and day, as %d.%m.%Y %H:%M does")
        return time_format

    @field_validator("missing_values")
    @classmethod
    def _must_be_folded(cls, missing_values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({value.strip().casefold() for value in missing_values}))

    @model_validator(mode="after")
    def _must_be_of_their_table(self) -> Self:
        if self.table != "events" and (self.event_types or "event_id" in self.columns):
            raise ValueError("event_types and columns.event_id are for events")
        if self.table != "items" and self.categories_separator is not None:
            raise ValueError("categories_separator is for items")
        if self.table == "events" and self.mode == "snapshot":
            raise ValueError("snapshots are of items and users; events are corrected in their file, or by columns.event_id")
        return self


class DatabaseTable(Settings):
    """A table that `tawny land` copies into the landing folder.

    Attributes:
        name: of the table, or a view; `schema.table` where it is not in the default schema.
        cursor: a column that only grows (a key, a time): what is new since the last time is copied. Without it the whole
            table is copied each time.
    """

    name: str = Field(min_length=1)
    cursor: str | None = None

    @field_validator("name")
    @classmethod
    def _must_be_a_folder(cls, name: str) -> str:
        if "/" in name or name.startswith((".", "_")):
            raise ValueError("a table becomes a folder of its name: without /, and not beginning with . or _")
        return name


class DatabaseSettings(Settings):
    """Where `tawny land` copies tables from.

    Attributes:
        url: as SQLAlchemy has it. The password is best given by the environment variable TAWNY_DATABASE_PASSWORD.
        tables: what is copied; each into a folder of its name below `landing`.
    """

    url: str
    tables: Annotated[tuple[DatabaseTable, ...], BeforeValidator(as_tuple)] = ()


class JoinSettings(Settings):
    """Lines of orders, and the orders that have their users and times, which `tawny land` puts together into one file.

    Attributes:
        lines: glob of the files of lines, below `landing`.
        line_key: their column with the order.
        orders: glob of the files of orders.
        order_key: their column that is the order's key.
        columns: those of an order that its lines get: the user, the time.
        into: the Parquet file that is written, below `landing`.
    """

    lines: str
    line_key: str
    orders: str
    order_key: str
    columns: Names = Field(min_length=1)
    into: str
