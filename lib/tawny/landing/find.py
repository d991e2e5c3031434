"""Which files of the landing folder hold what: as the env file declares, else by their names."""

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from tawny.core.config import Env, SourceSettings
from tawny.core.errors import ConfigError, InputError
from tawny.landing.source import CANONICAL, MAPS, Format, Source, Table

logger = logging.getLogger(__name__)

_ENDINGS: dict[str, Format] = {
    ".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".tsv.gz": "csv",
    ".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".inter": "recbole", ".item": "recbole", ".user": "recbole",
}  # fmt: skip
_BY_NAME: dict[str, tuple[Format, Table]] = {
    "u.data": ("movielens-100k", "events"), "u.item": ("movielens-100k", "items"), "u.user": ("movielens-100k", "users"),
    "ratings.dat": ("movielens-1m", "events"), "movies.dat": ("movielens-1m", "items"),
    "users.dat": ("movielens-1m", "users"),
}  # fmt: skip
_RECBOLE: dict[str, Table] = {".inter": "events", ".item": "items", ".user": "users"}
_CANONICAL_ENDINGS = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
LOOKED_FOR = (
    "{table}* ending in .parquet, .csv, .csv.gz, .jsonl or .jsonl.gz (files, or folders of them); MovieLens "
    "(u.data, u.item, u.user; ratings.dat, movies.dat, users.dat); RecBole (*.inter, *.item, *.user)"
)


def find_sources(env: Env, table: Table) -> tuple[Source, ...]:
    """The landing files that hold this table, by path.

    With `[[sources]]` in the env file those and no others; else what the names say.

    Raises:
        InputError: no landing folder, or a declared source without a file.
        ConfigError: a declaration that cannot be read, or two for the same file.
    """
    folder = Path(env.landing)
    if "://" in env.landing or not folder.is_dir():
        rule = "the landing folder must be a folder that every worker sees."
        raise InputError(where=f"landing = {env.landing}", rule=rule, came="none there", do="Correct the env file.")
    if env.sources:
        found = [source for declared in env.sources if declared.table == table for source in _declared(folder, declared)]
    else:
        found = list(_discovered(folder, table))
    _check_once(found)
    logger.info("landing: %s: %s", table, ", ".join(source.path for source in found) or "no files")
    return tuple(sorted(found, key=lambda source: source.path))


def _discovered(folder: Path, table: Table) -> Iterator[Source]:
    for path in _files([folder]):
        relative = path.relative_to(folder)
        by_name = _BY_NAME.get(path.name)
        if by_name and by_name[1] == table:
            yield Source(str(folder), str(relative), table, by_name[0])
        elif _RECBOLE.get(path.suffix) == table and path.stem != "u":
            yield Source(str(folder), str(relative), table, "recbole")
        elif relative.parts[0].startswith(table) and path.name.endswith(_CANONICAL_ENDINGS):
            yield Source(str(folder), str(relative), table, _ENDINGS[_ending(path)])


def _declared(folder: Path, declared: SourceSettings) -> Iterator[Source]:
    where = f"[[sources]] path = {declared.path}"
    _check_columns(where, declared)
    paths = list(_files(sorted(folder.glob(declared.path))))
    if not paths:
        rule = "a declared source must have a file."
        raise InputError(where=where, rule=rule, came=f"no file below {folder}", do="Correct the path (a glob).")
    for path in paths:
        relative = str(path.relative_to(folder))
        kind = declared.format if declared.format != "auto" else _guess(where, path)
        yield Source(str(folder), relative, declared.table, kind, declared.columns, declared.defaults, declared.time_unit)


def _check_columns(where: str, declared: SourceSettings) -> None:
    known = CANONICAL[declared.table]
    for name in (*declared.columns, *declared.defaults):
        head, dot, _ = name.partition(".")
        if name not in known and not (dot and head == MAPS.get(declared.table)):
            rule = f"canonical columns of {declared.table} are {', '.join(known)}."
            raise ConfigError(where=where, rule=rule, came=name, do='Write canonical name = "the file\'s name".')


def _guess(where: str, path: Path) -> Format:
    if path.name in _BY_NAME:
        return _BY_NAME[path.name][0]
    if (ending := _ending(path)) in _ENDINGS:
        return _ENDINGS[ending]
    rule = f"without a format, the ending must be one of {', '.join(_ENDINGS)}."
    do = f"Give the source a format ({', '.join(get_args(Format))})."
    raise ConfigError(where=where, rule=rule, came=path.name, do=do)


def _ending(path: Path) -> str:
    match = re.search(r"\.[^.]+(\.gz)?$", path.name)
    return match.group() if match else ""


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among these and below them, but for hidden ones and markers such as `_SUCCESS`."""
    for path in paths:
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            yield from _files(sorted(path.iterdir()))
        else:
            yield path


def _check_once(found: list[Source]) -> None:
    paths = [source.path for source in found]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        rule = "a file must be declared once for a table."
        raise ConfigError(where="[[sources]]", rule=rule, came=", ".join(twice), do="Make the paths exclude each other.")
