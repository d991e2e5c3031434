"""Tables of a database, by SQLAlchemy, as Parquet in the landing folder: whole, or what is new since the last time."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import DatabaseTable

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine, Select, Table

PASSWORD = "TAWNY_DATABASE_PASSWORD"
"""The environment variable with the password, which no file keeps."""

_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Landed:
    """What came of a table.

    Attributes:
        table: its name.
        path: of the new file below the landing folder; None where nothing was new.
        n_rows: in it.
    """

    table: str
    path: str | None
    n_rows: int


class Database:
    """A database that tables are copied from.

    Args:
        url: as SQLAlchemy has it (`postgresql+psycopg://user@host/shop`, `sqlite:///shop.db`); without a password, that of
            the environment variable is taken.

    Raises:
        ConfigError: SQLAlchemy or the driver is not installed, or the URL is none.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        # SQLite's path is relative to where the command runs; the env file may be read from elsewhere.
        made = self._engine.url
        if made.get_backend_name() == "sqlite" and made.database not in (None, "", ":memory:"):
            made = made.set(database=str(Path(str(made.database)).resolve()))
        self.url = made.set(password=None).render_as_string(hide_password=False)
        """Without a password, for the env file."""

    def names(self, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The wanted tables and views, or all of them.

        Raises:
            ConfigError: one of them is not there.
            InputError: the database does not answer.
        """
        from sqlalchemy import inspect

        with self._answers():
            inspector = inspect(self._engine)
            there = sorted([*inspector.get_table_names(), *inspector.get_view_names()])
            missing = [name for name in wanted if name not in there and not self._is_there(name)]
        if missing:
            rule = f"a table must be in the database ({', '.join(there)[:300]})."
            raise ConfigError(
                where="--table",
                rule=rule,
                came=", ".join(missing),
                do="Correct the name; SCHEMA.TABLE names one of another schema.",
            )
        return wanted or tuple(there)

    def sample(self, name: str, folder: Path, n_rows: int) -> None:
        """Some rows of a table as Parquet, in a folder of the table's name."""
        table = self._table(name)
        from sqlalchemy import select

        self._write(select(table).limit(n_rows), table, folder / name / f"{name}.parquet")

    def key(self, name: str) -> str | None:
        """The table's primary key, where it is one whole number."""
        from sqlalchemy import Integer

        columns = list(self._table(name).primary_key.columns)
        return str(columns[0].name) if len(columns) == 1 and isinstance(columns[0].type, Integer) else None

    def land(self, landing: Path, declared: DatabaseTable) -> Landed:
        """Copy a table, or what is new in it, into a new file of the table's folder below the landing folder.

        With a cursor, rows are new whose cursor is not less than the greatest landed so far (a row that has the same is
        landed again, and refused as a duplicate). Without one the table is copied whole, and a copy that says what the last
        one said is no new file.

        Raises:
            ConfigError: the table or the cursor is not there.
            InputError: the database does not answer.
        """
        from sqlalchemy import select

        table = self._table(declared.name)
        query = select(table)
        folder = landing / declared.name
        before = sorted(folder.glob("*.parquet"))
        if declared.cursor is not None:
            if declared.cursor not in table.columns:
                rule = f"a cursor is a column of its table ({', '.join(table.columns.keys())})."
                raise ConfigError(
                    where=f"[[database.tables]] {declared.name}", rule=rule, came=declared.cursor, do="Correct the env file."
                )
            column = table.columns[declared.cursor]
            last = _greatest(before, declared.cursor)
            if last is not None:
                is_key = declared.cursor == self.key(declared.name)
                query = query.where(column > last if is_key else column >= last)
            query = query.order_by(column)
        number = 1 + max(
            (int(match.group(1)) for file in before if (match := re.search(r"-(\d+)\.parquet$", file.name))), default=0
        )
        path = folder / f"{declared.name}-{number:06d}.parquet"
        n_rows = self._write(query, table, path)
        is_copy = declared.cursor is None and before and _digest(before[-1]) == _digest(path)
        if is_copy or (n_rows == 0 and before):
            path.unlink()
            return Landed(declared.name, None, 0)
        return Landed(declared.name, str(path.relative_to(landing)), n_rows)

    def _is_there(self, name: str) -> bool:
        from sqlalchemy import inspect

        schema, _, bare = name.rpartition(".")
        return bool(schema) and inspect(self._engine).has_table(bare, schema=schema)

    def _table(self, name: str) -> Table:
        from sqlalchemy import MetaData, Table
        from sqlalchemy.exc import NoSuchTableError

        schema, _, bare = name.rpartition(".")
        with self._answers():
            try:
                return Table(bare, MetaData(), schema=schema or None, autoload_with=self._engine)
            except NoSuchTableError as exc:
                rule = "a table must be in the database."
                raise ConfigError(where="[[database.tables]]", rule=rule, came=name, do="Correct the name.") from exc

    def _write(self, query: Select[Any], table: Table, path: Path) -> int:
        """The rows of the query, so many at once; the file is there when it is whole."""
        schema = pa.schema({column.name: _arrow_type(column.type) for column in table.columns})
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}")
        n_rows = 0
        with self._answers(), self._engine.connect() as connection, pq.ParquetWriter(unfinished, schema) as file:
            result = connection.execution_options(stream_results=True, yield_per=_ROWS_AT_ONCE).execute(query)
            for rows in result.partitions(_ROWS_AT_ONCE):
                columns = list(zip(*rows, strict=True))
                arrays = [_array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
                file.write_table(pa.Table.from_arrays(arrays, schema=schema))
                n_rows += len(rows)
        unfinished.rename(path)
        return n_rows

    @contextmanager
    def _answers(self) -> Iterator[None]:
        from sqlalchemy.exc import DBAPIError, OperationalError

        try:
            yield
        except (OperationalError, DBAPIError) as exc:
            rule = "the database must answer."
            came = str(exc.orig or exc).splitlines()[0][:300]
            do = f"Correct the URL, or give the password in ${PASSWORD}; what was landed before stays."
            raise InputError(where=self.url, rule=rule, came=came, do=do) from exc


def _engine(url: str) -> Engine:
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ModuleNotFoundError as exc:
        rule = "SQLAlchemy must be installed to read a database."
        raise ConfigError(
            where="--from-database", rule=rule, came=str(exc), do="Install it: pip install 'tawny[database]'."
        ) from exc
    try:
        return create_engine(with_password(url))
    except (NoSuchModuleError, ModuleNotFoundError) as exc:
        rule = f"the driver of {url.partition(':')[0]} must be installed."
        do = "Install it with pip (psycopg for PostgreSQL, pymysql for MySQL), and name it in the URL: postgresql+psycopg://..."
        raise ConfigError(where="--from-database", rule=rule, came=str(exc), do=do) from exc
    except ArgumentError as exc:
        do = "Write it as postgresql+psycopg://user@host/shop, mysql+pymysql://user@host/shop or sqlite:///shop.db."
        came = str(exc).splitlines()[0]
        raise ConfigError(where="--from-database", rule="it must be a URL of SQLAlchemy.", came=came, do=do) from exc


def with_password(url: str) -> URL:
    """The URL, with the password of the environment where a user is named without one.

    Raises:
        sqlalchemy.exc.ArgumentError: it is no URL.
    """
    from sqlalchemy import make_url

    made = make_url(url)
    password = os.environ.get(PASSWORD)
    return made.set(password=password) if made.username and made.password is None and password else made


def _arrow_type(kind: object) -> pa.DataType:
    """The type of a column; text for all that Parquet has no word for."""
    from sqlalchemy import types

    zone = "UTC" if getattr(kind, "timezone", False) else None
    known: tuple[tuple[type[object], pa.DataType], ...] = (
        (types.Boolean, pa.bool_()), (types.Integer, pa.int64()), (types.DateTime, pa.timestamp("us", zone)),
        (types.Date, pa.date32()), (types.Numeric, pa.float64()), (types.LargeBinary, pa.binary()),
    )  # fmt: skip
    for sql, arrow in known:
        if isinstance(kind, sql):
            return arrow
    return pa.string()


def _array(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    try:
        if pa.types.is_floating(kind):
            return pa.array([float(value) if isinstance(value, Decimal) else value for value in values], kind)
        if pa.types.is_string(kind):
            return pa.array([_text(value) for value in values], kind)
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as exc:
        rule = f"a column's values must be of its type ({kind})."
        raise InputError(
            where="--from-database", rule=rule, came=str(exc)[:200], do="Read a view that casts the column."
        ) from exc


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes | memoryview) else str(value)


def _greatest(files: list[Path], column: str) -> Any:
    """The greatest value of a column that was landed so far, from the statistics of the files."""
    found = []
    for path in files:
        with pq.ParquetFile(path) as file:
            at = file.schema_arrow.names.index(column)
            groups = [file.metadata.row_group(i).column(at).statistics for i in range(file.metadata.num_row_groups)]
            found += [group.max for group in groups if group is not None and group.has_min_max]
    last = max(found, default=None)
    return last.replace(tzinfo=last.tzinfo and UTC) if isinstance(last, datetime) else last


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
