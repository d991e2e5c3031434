"""`tawny init`: what the files below a landing folder are, and all that a night must be told about them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tawny.core.config import Env, validate
from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import MISSING_VALUES, JoinSettings
from tawny.ingest.files.file import Kind, LandingFile
from tawny.ingest.files.find import find_files
from tawny.ingest.files.layout import delimiter_of
from tawny.ingest.profile.infer_choices import Keys, Table
from tawny.ingest.profile.infer_files import Source, Unread, find_sources
from tawny.ingest.profile.infer_joins import find_joins
from tawny.ingest.profile.infer_sample import read_rows
from tawny.ingest.profile.infer_tables import table_of
from tawny.ingest.profile.infer_values import Profile, newest
from tawny.ingest.profile.infer_words import folded

KINDS: tuple[Kind, ...] = ("events", "items", "users")

# A column is read whole where that takes a second; of more, the sample says it.
_MAX_WHOLE_BYTES = 64 << 20
_PACKED = 4
_OLD = timedelta(days=2)


@dataclass(frozen=True)
class Understood:
    """A source that is a table.

    Attributes:
        source: its files.
        table: what it was taken for.
        settings: its `[[files]]` entry: only what differs from the defaults, beside table and path.
        is_needed: the files would not be read so without the entry.
    """

    source: Source
    table: Table
    settings: dict[str, Any]
    is_needed: bool


@dataclass(frozen=True)
class Inferred:
    """What a landing folder holds.

    Attributes:
        landing: the folder.
        tables: the sources that are tables, events first.
        not_understood: the sources that are no table of Tawny's.
        unread: the files that are no tables at all.
        last_event: the newest event that is not in the future.
        is_last_exact: every event was looked at for it.
        run_date: the day after it, where the data are older than today, or have no time.
        joins: files that are events only together.
    """

    landing: Path
    tables: tuple[Understood, ...]
    not_understood: tuple[tuple[Source, Table], ...]
    unread: tuple[Unread, ...]
    last_event: datetime | None = None
    is_last_exact: bool = True
    run_date: date | None = None
    joins: tuple[JoinSettings, ...] = ()

    def of(self, kind: Kind) -> tuple[Understood, ...]:
        """The tables of a kind."""
        return tuple(one for one in self.tables if one.table.kind == kind)


def infer(landing: Path, today: date) -> Inferred:
    """Look at the files below the landing folder.

    Args:
        landing: the folder.
        today: a later event is a mistake.

    Raises:
        InputError: there is no such folder, no file in it, or something that is no regular file.
    """
    if not landing.is_dir():
        came = "a file" if landing.exists() else "none there"
        raise InputError(
            where=str(landing), rule="the landing folder must be a folder.", came=came, do="Name the folder of your files."
        )
    sources, unread = find_sources(landing)
    if not sources and not unread:
        rule = "the landing folder must hold files: events, and items and users if there are any."
        raise InputError(where=str(landing), rule=rule, came="an empty folder", do="Put your files there.")
    by_name = {file.path: (kind, file) for kind in KINDS for file in find_files(_env(landing, ()), kind)}
    known = [source for source in sources if source.sample.format != "parquet" and _is_dataset(by_name, source)]
    judged, joins = _judged([source for source in sources if source not in known])
    tables = [(source, table) for source, table in judged if table.kind]
    not_understood = [(source, table) for source, table in judged if not table.kind]
    understood = [_known(source, by_name) for source in known]
    understood += [_understood(landing, source, table, by_name) for source, table in tables]
    declared = _declared(understood, not_understood, by_name)
    last, is_exact = _last_event(landing, declared, today)
    is_old = last is not None and last.date() < today - _OLD
    is_timeless = any("event_time" in one.table.defaults for one in declared)
    run_date = last.date() + timedelta(days=1) if last is not None and (is_old or is_timeless) else None
    order = sorted(declared, key=lambda one: (KINDS.index(one.table.kind or "events"), one.source.path))
    return Inferred(landing, tuple(order), tuple(not_understood), tuple(unread), last, is_exact, run_date, tuple(joins))


def _env(landing: Path, entries: Iterable[dict[str, Any]]) -> Env:
    return validate(Env, {"root": "lake", "landing": str(landing), "files": list(entries)}, where="tawny init")


def _is_dataset(by_name: dict[str, tuple[Kind, LandingFile]], source: Source) -> bool:
    """MovieLens or RecBole, which Tawny knows as they are."""
    found = [by_name[path][1].format for path in source.files if path in by_name]
    return len(found) == len(source.files) and all(form not in ("csv", "jsonl", "json", "parquet") for form in found)


def _known(source: Source, by_name: dict[str, tuple[Kind, LandingFile]]) -> Understood:
    kind, file = by_name[source.files[0]]
    table = Table(kind)
    table.assume("format", file.format, "certain", "the name of the file; Tawny knows all of its columns")
    return Understood(source, table, {"table": kind, "path": source.path}, is_needed=False)


def _judged(sources: list[Source]) -> tuple[list[tuple[Source, Table]], list[JoinSettings]]:
    """Each source and what it is, judged twice, the second time by the ids that others list; and what belongs together."""
    profiles = {
        source.path: {name: Profile(name, values) for name, values in source.sample.columns.items()} for source in sources
    }

    def judge(keys: Keys) -> list[tuple[Source, Table]]:
        return [(one, _table(one, profiles[one.path], keys)) for one in sources]

    keys = _keys(judge(Keys()), profiles)
    judged = _one_description_each(judge(keys), profiles)
    joins = find_joins(judged, profiles)
    for source, table in judged:
        for join in joins:
            if source.path in (join.lines, join.orders):
                table.why_not = f"it is joined into {join.into}, by {join.line_key}"
    return judged, joins


def _table(source: Source, profiles: dict[str, Profile], keys: Keys) -> Table:
    sample = source.sample
    if sample.n_rows == 0:
        return Table(why_not="it has a header and no row")
    if len(sample.delimiter) > 1:
        return Table(why_not=f"its delimiter {sample.delimiter!r} is no single character")
    modified = datetime.fromtimestamp(source.modified_seconds, UTC)
    return table_of(source.path, profiles, keys, modified.date().isoformat(), n_files=len(source.files))


def _keys(judged: list[tuple[Source, Table]], profiles: dict[str, dict[str, Profile]]) -> Keys:
    found: dict[str, set[str]] = {"items": set(), "users": set()}
    for source, table in judged:
        if table.kind in ("items", "users") and source.sample.is_whole:
            column = table.columns["item_id" if table.kind == "items" else "user_id"]
            found[table.kind] |= set(profiles[source.path][column].counts)
    return Keys(frozenset(found["users"]), frozenset(found["items"]))


def _one_description_each(
    judged: list[tuple[Source, Table]], profiles: dict[str, dict[str, Profile]]
) -> list[tuple[Source, Table]]:
    """Of sources that describe the same items or users, the one that says most; Tawny takes one description of each."""
    result = []
    for source, table in judged:
        rivals = [
            other
            for other, theirs in judged
            if other is not source and theirs.kind == table.kind and table.kind in ("items", "users")
            and _says_more(theirs, other, table, source) and _same_ids(profiles, source, table, other, theirs)
        ]  # fmt: skip
        if rivals:
            why = f"it lists the same {table.kind} as {rivals[0].path}, which says more of them"
            result.append((source, Table(why_not=why)))
        elif table.kind == "items" and len(table.columns) == 1:
            result.append(
                (
                    source,
                    Table(why_not=f"it lists items ({table.columns['item_id']}) and says nothing of them that Tawny reads"),
                )
            )
        else:
            result.append((source, table))
    return result


def _says_more(theirs: Table, other: Source, table: Table, source: Source) -> bool:
    return (len(theirs.columns), other.sample.n_rows, source.path) > (len(table.columns), source.sample.n_rows, other.path)


def _same_ids(profiles: dict[str, dict[str, Profile]], one: Source, of_one: Table, other: Source, of_other: Table) -> bool:
    key = "item_id" if of_one.kind == "items" else "user_id"
    mine = set(profiles[one.path][of_one.columns[key]].counts)
    theirs = set(profiles[other.path][of_other.columns[key]].counts)
    return len(mine & theirs) > 0.5 * min(len(mine), len(theirs))


def _understood(landing: Path, source: Source, table: Table, by_name: dict[str, tuple[Kind, LandingFile]]) -> Understood:
    entry: dict[str, Any] = {"table": table.kind, "path": _delivery_path(source) if table.is_snapshot else source.path}
    if (form := _needed_format(landing, source, entry)) is not None:
        entry["format"] = form
    names: dict[str, str] = {}
    if not source.sample.has_header:  # so that the file has the names that Tawny gives
        ours_of = {theirs: ours for ours, theirs in table.columns.items()}
        names = {theirs: ours_of.get(theirs, theirs) for theirs in source.sample.names}
        entry["header"] = list(names.values())
    columns = {ours: theirs for ours, theirs in table.columns.items() if not _is_same(ours, names.get(theirs, theirs))}
    if any(name.startswith("attributes.") for name in table.columns):
        columns = {
            ours: theirs for ours, theirs in table.columns.items() if ours in columns or ours.startswith("attributes.")
        }
    settings = {
        "columns": columns, "defaults": table.defaults, "event_types": table.event_types,
        "time_format": table.time.format if table.time else None, "categories_separator": table.separator,
        "missing_values": [*MISSING_VALUES, *_new_missing(table)] if _new_missing(table) else None,
        "mode": "snapshot" if table.is_snapshot else None, "decimal": "," if table.has_decimal_comma else None,
    }  # fmt: skip
    entry |= {key: value for key, value in settings.items() if value}
    if source.sample.format == "csv" and source.sample.delimiter != _usual_delimiter(landing, source, entry):
        entry["delimiter"] = source.sample.delimiter
    found = [by_name.get(path) for path in source.files]
    is_found = all(one is not None and one[0] == table.kind for one in found)
    return Understood(source, table, entry, is_needed=len(entry) > 2 or not is_found)


def _delivery_path(source: Source) -> str:
    """Of a snapshot: a delivery is a file, or a folder where several files of one lie together."""
    folder, _, _ = source.path.rpartition("/")
    has_parts = len({path.rpartition("/")[0] for path in source.files}) < len(source.files)
    return folder if has_parts and "*" in folder and not source.is_delta else source.path


def _needed_format(landing: Path, source: Source, entry: dict[str, Any]) -> str | None:
    """The format, where the files' names say another or none."""
    form = source.sample.format
    try:
        found = find_files(_env(landing, [entry | {"columns": {}}]), entry["table"])
    except ConfigError:
        return form
    return None if all(file.format == form for file in found) else form


def _usual_delimiter(landing: Path, source: Source, entry: dict[str, Any]) -> str:
    """The one that the reader takes by itself."""
    file = find_files(_env(landing, [entry | {"columns": {}}]), entry["table"])[0]
    return delimiter_of(replace(file, columns=entry.get("columns", {})), source.sample.header)


def _is_same(ours: str, theirs: str) -> bool:
    return "." not in theirs and "".join(folded(ours).split()) == "".join(folded(theirs).split())


def _new_missing(table: Table) -> list[str]:
    return [text.casefold() for text in table.missing_values if text.casefold() not in MISSING_VALUES]


def _declared(
    understood: list[Understood], not_understood: list[tuple[Source, Table]], by_name: dict[str, tuple[Kind, LandingFile]]
) -> list[Understood]:
    """An entry switches the search by name off for its table, so all sources of that table have one, or none."""
    for kind in KINDS:
        ours = [one for one in understood if one.table.kind == kind]
        paths = {path for one in ours for path in one.source.files}
        strays = [path for path, (named, _) in by_name.items() if named == kind and path not in paths]
        if ours and (strays or any(one.is_needed for one in ours)):
            understood = [replace(one, is_needed=True) if one in ours else one for one in understood]
        for source, table in not_understood:
            if not ours and set(source.files) & set(strays):
                table.why_not += f". Rename it: its name begins with {kind}, so that a night takes it for {kind}"
    return understood


def _last_event(landing: Path, understood: list[Understood], today: date) -> tuple[datetime | None, bool]:
    """The newest event until today, and whether every event was looked at for it."""
    found: list[datetime] = []
    is_exact = True
    for one in understood:
        if one.table.kind == "events":
            instants, is_whole = _instants(landing, one)
            found += [instant for instant in instants if instant.date() <= today]
            is_exact = is_exact and is_whole
    return max(found, default=None), is_exact


def _instants(landing: Path, one: Understood) -> tuple[list[datetime], bool]:
    """The newest instants of a source, and whether they are those of all its rows."""
    sample, default = one.source.sample, one.table.defaults.get("event_time")
    if default is not None:
        return [datetime.fromisoformat(default).replace(tzinfo=UTC)], True
    column = one.table.columns.get("event_time") or _time_column(one.source)
    if column is None:
        return [], True
    guess = Profile(column, sample.columns[column]).time
    if guess is None:
        return [], True
    values: Iterator[str] = (value for value in sample.columns[column] if value)
    is_whole = sample.is_whole
    n_bytes = one.source.n_bytes * (_PACKED if one.source.files[0].lower().endswith((".gz", ".bz2", ".zst")) else 1)
    # A column of a Hive folder is not in the file.
    is_inside = "=" not in one.source.files[0]
    if not is_whole and sample.format in ("csv", "jsonl", "json") and is_inside and n_bytes <= _MAX_WHOLE_BYTES:
        rows = (row for path in one.source.files for row in read_rows(landing / path, sample, (column,)))
        values = (value for (value,) in rows if value)
        is_whole = True
    elif not is_whole and column in sample.latest:
        values, is_whole = iter([sample.latest[column]]), True
    elif not sample.sees_end:
        return [], False
    return newest(values, guess), is_whole


def _time_column(source: Source) -> str | None:
    """Of a data set that Tawny knows: the last column that holds times."""
    times = [name for name, values in source.sample.columns.items() if Profile(name, values).time]
    return times[-1] if times else None
