"""`tawny init` and `tawny land`: say what a landing folder holds, write the env file; bring what is new into the folder."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from tawny.cli.console import console
from tawny.core.config import Env
from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import DatabaseSettings, DatabaseTable

if TYPE_CHECKING:
    from tawny.ingest.profile.database import Database, Landed
    from tawny.ingest.profile.infer import Inferred, Understood
    from tawny.ingest.profile.infer_choices import Assumed
    from tawny.ingest.profile.infer_files import Source

_SURE = {"certain": "", "likely": "likely: ", "guess": "a guess: "}
_N_ROWS = 5
_MIN_WIDTH = 20
_N_SAMPLED = 2_000


def init(
    landing: Path, env_file: Path, root: str, today: date, *, force: bool, url: str | None, tables: tuple[str, ...]
) -> None:
    """Print what the landing folder holds and how it will be read, and write the env file.

    Args:
        landing: the folder.
        env_file: that is written.
        root: where the tables will be.
        today: UTC.
        force: overwrite the env file.
        url: of a database whose tables are copied into the landing folder first.
        tables: of the database; without any, those that look like events, items or users.

    Raises:
        ConfigError: the env file is there already, or the database cannot be read.
        InputError: there is no landing folder, nothing in it, or no events.
    """
    from tawny.ingest.profile.infer import infer
    from tawny.ingest.profile.infer_toml import env_file as text_of

    if env_file.exists() and not force:
        do = "Name another with --env, or overwrite it with --force."
        raise ConfigError(where=str(env_file), rule="an env file is not overwritten.", came="it is there already", do=do)
    with _quiet():
        database = _from_database(landing, url, tables, today) if url is not None else None
        found = infer(landing, today)
        if found.joins:
            found = _joined(found, today)
        for one in found.tables:
            _show(found.landing, one)
    _show_rest(found)
    if not found.of("events"):
        rule = "a night needs events: rows with a user, an item and a time."
        do = "Put a file of events there, or declare one by hand ([[files]], docs/inputs.md)."
        raise InputError(where=str(landing), rule=rule, came="no file that looks like it", do=do)
    env_file.parent.mkdir(parents=True, exist_ok=True)
    env_file.write_text(text_of(found, env_file, root, database), encoding="utf-8")
    then = "" if found.run_date else " --run-date YYYY-MM-DD"
    console().print(
        f"\nWritten: {env_file}. Next:\n\n    tawny check --env {env_file}\n    tawny night --env {env_file}{then}",
        soft_wrap=True,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the lines that say which files were found: that is what is printed here."""
    finder = logging.getLogger("tawny.ingest.files.find")
    before = finder.level
    finder.setLevel(logging.WARNING)
    try:
        yield
    finally:
        finder.setLevel(before)


def land(env: Env) -> None:
    """Copy what is new in the database into the landing folder, and put together what belongs together.

    Raises:
        ConfigError: the env file names neither, or the database cannot be read.
    """
    from tawny.ingest.profile.database import Database
    from tawny.ingest.profile.joins import join

    landing = Path(env.landing)
    if env.database is None and not env.joins:
        rule = "an env file must say what to land, as [database] or [[joins]]."
        do = "Put files into the landing folder yourself, or write it with `tawny init LANDING --from-database URL`."
        raise ConfigError(where="tawny land", rule=rule, came="neither", do=do)
    if env.database is not None:
        database = Database(env.database.url)
        for table in env.database.tables:
            _say_landed(database.land(landing, table))
    for declared in env.joins:
        console().print(f"{declared.into}: {join(landing, declared):,} lines with their orders.", soft_wrap=True)


def _from_database(landing: Path, url: str, tables: tuple[str, ...], today: date) -> DatabaseSettings:
    """Copy the tables that are events, items or users, judged by some rows of each."""
    from tawny.ingest.profile.database import Database
    from tawny.ingest.profile.infer import infer

    database = Database(url)
    names = database.names(tables)
    with TemporaryDirectory() as folder:
        for name in names:
            database.sample(name, Path(folder), _N_SAMPLED)
        seen = infer(Path(folder), today)
    needed = {path for join in seen.joins for path in (join.lines, join.orders)}
    declared = [_declared(database, one.source, one) for one in seen.tables]
    declared += [_declared(database, source, None) for source, _ in seen.not_understood if source.path in needed or tables]
    for table in declared:
        _say_landed(database.land(landing, table))
    left_out = sorted({*names} - {table.name for table in declared})
    if left_out:
        console().print(f"Tables that are neither events nor items nor users, and were not copied: {', '.join(left_out)}.")
    return DatabaseSettings(url=database.url, tables=tuple(declared))


def _declared(database: "Database", source: "Source", one: "Understood | None") -> DatabaseTable:
    """Of events and of what is joined, what is new; items and users are copied whole."""
    name = source.files[0].partition("/")[0]
    if one is not None and one.table.kind != "events":
        return DatabaseTable(name=name)
    time = one.table.columns.get("event_time") if one is not None else None
    return DatabaseTable(name=name, cursor=database.key(name) or time)


def _say_landed(landed: "Landed") -> None:
    if landed.path is None:
        console().print(f"{landed.table}: nothing new.", soft_wrap=True)
    else:
        console().print(f"{landed.table}: {landed.n_rows:,} rows into {landed.path}.", soft_wrap=True)


def _joined(found: "Inferred", today: date) -> "Inferred":
    """Files that are events only together are put together, and looked at as one."""
    from tawny.ingest.profile.infer import infer
    from tawny.ingest.profile.joins import join

    for declared in found.joins:
        n_lines = join(found.landing, declared)
        console().print(
            f"Joined: {declared.lines} with {', '.join(declared.columns)} of {declared.orders}, by {declared.line_key}: "
            f"{n_lines:,} lines into {declared.into}."
        )
    return infer(found.landing, today)


def _show(landing: Path, one: "Understood") -> None:
    from tawny.ingest.profile.infer_toml import size

    source, table = one.source, one.table
    n_files = f" in {len(source.files):,} files" if len(source.files) > 1 else ""
    form = "Delta" if source.is_delta else source.sample.format
    form += f" with {_delimiter(source.sample.delimiter)}" if source.sample.delimiter else ""
    console().print(
        Text(f"\n{table.kind}: {source.path}", style="bold") + Text(f"  {size(source.n_bytes)}{n_files}, {form}"),
        soft_wrap=True,
    )
    assumed = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    assumed.add_column(no_wrap=True)
    assumed.add_column(overflow="fold", max_width=26)
    assumed.add_column(overflow="fold")
    for note in table.assumed:
        assumed.add_row(note.what, note.value, _reason(note))
    console().print(assumed)
    if table.left_out:
        left_out = [f"{name} ({why})" if why else name for name, why in table.left_out.items()]
        console().print(Text(f"Not read: {', '.join(left_out)}."))
    _show_rows(landing, one)


def _delimiter(delimiter: str) -> str:
    return {"\t": "tabs", " ": "spaces", ",": "commas", ";": "semicolons", "\x01": r"\x01"}.get(delimiter, delimiter)


def _reason(note: "Assumed") -> str:
    return f"{_SURE[note.sure]}{note.why}" + (f" (or {note.instead})" if note.instead else "")


def _show_rows(landing: Path, one: "Understood") -> None:
    """Some rows, as a night reads them."""
    from tawny.ingest.profile.infer_rows import first_rows

    rows = first_rows(landing, one, _N_ROWS)
    if not rows:
        return
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in rows[0]:
        # What is long gives way to what is short.
        width = min(_MIN_WIDTH, max(len(row[name]) for row in rows))
        shown.add_column(name, no_wrap=True, overflow="ellipsis", min_width=width)
    for row in rows:
        shown.add_row(*row.values())
    console().print(shown)


def _show_rest(found: "Inferred") -> None:
    if found.not_understood or found.unread:
        console().print(Text("\nNot read", style="bold"))
        rest = [(source.path, table.why_not) for source, table in found.not_understood]
        rest += [(one.path, one.why) for one in found.unread]
        for path, why in rest:
            console().print(Text(f"{path}: {why}."))
    if found.last_event is not None:
        how = "" if found.is_last_exact else " of the rows that were looked at"
        then = f": run_date = {found.run_date}, the day after" if found.run_date else ""
        console().print(f"\nThe last event{how} is of {found.last_event:%Y-%m-%d %H:%M} UTC{then}.")
