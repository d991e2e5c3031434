"""The env file that `tawny init` writes: TOML in which each line says how sure it is, why, and what else it could be."""

import json
import os
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tawny.core.config import EventSettings, NightSettings, SparkSettings
from tawny.core.landing import DatabaseSettings
from tawny.ingest.profile.infer import Inferred, Understood
from tawny.ingest.profile.infer_choices import Assumed

_WIDTH = 110
_PLAIN_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
# Settings of an entry that are tables have lines of their own, so that each can have its comment.
_TABLES = ("columns", "defaults", "event_types")


def env_file(found: Inferred, path: Path, root: str, database: DatabaseSettings | None = None) -> str:
    """The text of an env file.

    Args:
        found: what it is about.
        path: where it will lie; the landing folder and a relative root are written relative to it.
        root: where the tables go, as the user gave it.
        database: where tables are copied from.
    """
    name = path.name
    lines = [
        *_comment(
            "Written by `tawny init`. Every line may be changed: "
            f"`tawny check --env {name}` says in seconds what a night makes of it."
        ),
        "",
        f"root = {_value(root)}  # where the tables go",
        f"landing = {_value(_relative(found.landing, path.parent))}  # your files",
        *_run_date(found),
    ]
    for one in found.tables:
        lines += ["", *_entry(one)]
    for join in found.joins:
        lines += ["", "[[joins]]  # `tawny land` puts them together again when new files have come"]
        lines += [f"{key} = {_value(value)}" for key, value in join.model_dump().items()]
    for source, table in found.not_understood:
        lines += ["", *_comment(f"Not read: {source.path}: {table.why_not}.")]
    if found.unread:
        lines += ["", *(line for one in found.unread for line in _comment(f"Not read: {one.path}: {one.why}."))]
    return "\n".join([*lines, *_database(database), *_refused(found), *_night()]) + "\n"


def _run_date(found: Inferred) -> Iterator[str]:
    if found.last_event is None:
        return
    how = "The last event is" if found.is_last_exact else "The last event of the rows that were looked at is"
    if found.run_date is None:
        yield from _comment(f"{how} of {found.last_event:%Y-%m-%d}. Give the day of the lists to a night with --run-date.")
        return
    yield from _comment(
        f"{how} of {found.last_event:%Y-%m-%d}: lists are made for the day after. Once new files come every day, "
        "remove this line and give the day with --run-date."
    )
    yield f"run_date = {found.run_date}"


def _entry(one: Understood) -> Iterator[str]:
    """The entry of a source, or a comment where it needs none."""
    assumed = {note.what: note for note in one.table.assumed}
    n_files = f", {len(one.source.files):,} files" if len(one.source.files) > 1 else ""
    if not one.is_needed:
        yield from _comment(
            f"{one.source.path} ({size(one.source.n_bytes)}{n_files}) is found by its name, as {one.table.kind}: "
            "it needs no entry."
        )
        return
    yield f"[[files]]  # {size(one.source.n_bytes)}{n_files}"
    for key, value in one.settings.items():
        if key not in _TABLES:
            yield from _line(key, value, assumed.get(key))
    if one.table.kind == "events" and "time_zone" in assumed:
        yield '# time_zone = "Europe/Berlin"  # the times name no zone and are read as UTC; set it if they are local'
    left_out = [f"{name} ({why})" if why else name for name, why in one.table.left_out.items()]
    if left_out:
        yield from _comment(f"Columns that are not read: {', '.join(left_out)}.")
    same = [
        f"{note.what} ({note.value})"
        for note in one.table.assumed
        if note.what in one.table.columns and note.what not in one.settings.get("columns", {})
    ]
    if same:
        yield from _comment(f"Found by their names: {', '.join(same)}.")
    for note in one.table.assumed:
        if note.what == "no event":
            yield from _comment(f"No event types of Tawny's: {note.value} ({note.why}). Give them a meaning in event_types.")
    for table in _TABLES:
        if table in one.settings:
            yield f"[files.{table}]"
            for key, value in one.settings[table].items():
                yield from _line(key, value, assumed.get(key))


def _line(key: str, value: Any, note: Assumed | None) -> Iterator[str]:
    """A key with its reason; beside it where that is short, else above it."""
    line = f"{key if set(key) <= _PLAIN_KEY else _string(key)} = {_value(value)}"
    if note is None:
        yield line
        return
    reason = _printable(f"{note.sure}: {note.why}" + (f"; or {note.instead}" if note.instead else ""))
    if len(line) + len(reason) + 4 <= _WIDTH:
        yield f"{line}  # {reason}"
    else:
        yield from _comment(reason)
        yield line


def _database(database: DatabaseSettings | None) -> Iterator[str]:
    if database is None:
        return
    yield ""
    yield "[database]  # `tawny land` copies what is new; the password is that of $TAWNY_DATABASE_PASSWORD"
    yield f"url = {_value(database.url)}"
    for table in database.tables:
        yield "[[database.tables]]"
        yield f"name = {_value(table.name)}"
        if table.cursor is not None:
            yield f"cursor = {_value(table.cursor)}  # greater ones are new; without it the table is copied whole"


def _refused(found: Inferred) -> Iterator[str]:
    share = max((one.table.refused_share for one in found.of("events")), default=0.0)
    if share > 0.45:
        yield ""
        yield "[jobs.ingest_events]"
        yield from _comment(
            f"{share:.0%} of the rows are of event types that Tawny does not know. Above this share a night stops, because "
            "the file is not what it was declared to be."
        )
        yield f"max_refused_share = {min(1.0, round(share + 0.1, 1))}"


def _night() -> Iterator[str]:
    night, spark = NightSettings(), SparkSettings()
    weights = {kind: weight for kind, weight in EventSettings().weights.items() if kind in ("view", "cart", "purchase")}
    yield ""
    yield from _comment("What else is often set, with its defaults; docs/settings.md has all of it.")
    yield "# [night]"
    yield f"# k = {night.k}  # length of a list"
    yield "# [night.events]"
    yield f"# weights = {_value(weights)}  # what an event says of a user's taste"
    yield "# seen_max_age_days = { purchase = 14.0 }  # where customers buy again; else what was bought is not listed"
    yield "# [spark]"
    yield f"# driver_memory = {_value(spark.driver_memory)}"


def _printable(text: str) -> str:
    """Without what a comment must not hold: a column's name may be anything."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


def _comment(text: str) -> list[str]:
    return [
        f"# {line}" for line in textwrap.wrap(_printable(text), _WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    ]


def _value(value: Any) -> str:
    """As TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _string(value) if isinstance(value, str) else str(value)


def _string(text: str) -> str:
    """JSON's strings are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _relative(folder: Path, to: Path) -> str:
    """The folder as seen from the env file, where that is shorter."""
    near = os.path.relpath(folder.resolve(), to.resolve())
    return near if near.count("..") <= 2 else str(folder.resolve())


def size(n_bytes: int) -> str:
    """For people.

    >>> size(999), size(2_400_000), size(3 << 30)
    ('999 bytes', '2.4 MB', '3.2 GB')
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.1f} {unit}"
    return f"{n_bytes} bytes"
