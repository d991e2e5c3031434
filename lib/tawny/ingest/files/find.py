"""Which files of the landing folder hold what: as the env file declares, else by their names."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import get_args

from tawny.core.config import Env, FilesSettings
from tawny.core.errors import ConfigError, InputError
from tawny.ingest.files.file import Format, Kind, LandingFile
from tawny.ingest.files.regular import files_below, is_hidden
from tawny.ingest.files.schema import CANONICAL, MAPS

logger = logging.getLogger(__name__)

_ENDINGS: dict[str, Format] = {
    ".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".tsv.gz": "csv",
    ".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".inter": "recbole", ".item": "recbole", ".user": "recbole",
}  # fmt: skip
_CANONICAL_ENDINGS = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
_MOVIELENS: dict[str, tuple[Format, Kind]] = {
    "u.data": ("movielens-100k", "events"), "u.item": ("movielens-100k", "items"), "u.user": ("movielens-100k", "users"),
    "ratings.dat": ("movielens-1m", "events"), "movies.dat": ("movielens-1m", "items"),
    "users.dat": ("movielens-1m", "users"),
}  # fmt: skip
_RECBOLE: dict[str, Kind] = {".inter": "events", ".item": "items", ".user": "users"}

LOOKED_FOR = (
    "{kind}* ending in .parquet, .csv, .csv.gz, .jsonl or .jsonl.gz (files, or folders of them); MovieLens "
    "(u.data, u.item, u.user; ratings.dat, movies.dat, users.dat); RecBole (*.inter, *.item, *.user)"
)


def find_files(env: Env, kind: Kind) -> tuple[LandingFile, ...]:
    """The landing files of a kind, by path.

    With `[[files]]` in the env file those and no others; else what the names say.

    Raises:
        InputError: there is no landing folder, no file where the env file declares one, or something that is no regular
            file of the landing folder (tawny.ingest.files.regular).
        ConfigError: a declaration that cannot be read, or two for the same file.
    """
    folder = Path(env.landing)
    if "://" in env.landing or not folder.is_dir():
        rule = "the landing folder must be a folder that every worker sees."
        raise InputError(where=f"landing = {env.landing}", rule=rule, came="none there", do="Correct the env file.")
    if env.files:
        files = [file for declared in env.files if declared.table == kind for file in _declared(folder, declared)]
    else:
        files = list(_by_name(folder, kind))
    _check_once(files)
    logger.info("landing: %s: %s", kind, ", ".join(file.path for file in files) or "no files")
    return tuple(sorted(files, key=lambda file: file.path))


def _by_name(folder: Path, kind: Kind) -> Iterator[LandingFile]:
    for path in files_below(folder, folder):
        relative = path.relative_to(folder)
        movielens = _MOVIELENS.get(path.name)
        if movielens and movielens[1] == kind:
            yield LandingFile(str(folder), str(relative), kind, movielens[0])
        elif _RECBOLE.get(path.suffix) == kind and path.stem != "u":
            yield LandingFile(str(folder), str(relative), kind, "recbole")
        elif relative.parts[0].startswith(kind) and path.name.endswith(_CANONICAL_ENDINGS):
            yield LandingFile(str(folder), str(relative), kind, _ENDINGS[_ending(path)])


def _declared(folder: Path, declared: FilesSettings) -> Iterator[LandingFile]:
    where = f"[[files]] path = {declared.path}"
    _check_columns(where, declared)
    paths = _matches(folder, declared.path)
    if not paths:
        rule = "the path must match a file."
        raise InputError(where=where, rule=rule, came=f"none below {folder}", do="Correct the path (a glob).")
    for path in paths:
        form = declared.format if declared.format != "auto" else _format_of(where, path)
        yield LandingFile(
            str(folder), str(path.relative_to(folder)), declared.table, form,
            declared.columns, declared.defaults, declared.time_unit,
        )  # fmt: skip


def _check_columns(where: str, declared: FilesSettings) -> None:
    known = CANONICAL[declared.table]
    for name in (*declared.columns, *declared.defaults):
        head, dot, _ = name.partition(".")
        if name not in known and not (dot and head == MAPS.get(declared.table)):
            rule = f"canonical columns of {declared.table} are {', '.join(known)}."
            raise ConfigError(where=where, rule=rule, came=name, do='Write canonical name = "the file\'s name".')


def _format_of(where: str, path: Path) -> Format:
    if path.name in _MOVIELENS:
        return _MOVIELENS[path.name][0]
    if (ending := _ending(path)) in _ENDINGS:
        return _ENDINGS[ending]
    rule = f"without a format, the ending must be one of {', '.join(_ENDINGS)}."
    raise ConfigError(where=where, rule=rule, came=path.name, do=f"Add a format ({', '.join(get_args(Format))}).")


def _ending(path: Path) -> str:
    match = re.search(r"\.[^.]+(\.gz)?$", path.name)
    return match.group() if match else ""


def _matches(folder: Path, pattern: str) -> list[Path]:
    """The files that match, and those below the folders that match, each once; hidden ones if the pattern names them."""
    named = set(PurePath(pattern).parts)
    matches = [
        path
        for path in sorted(folder.glob(pattern))
        if not any(is_hidden(part) and part not in named for part in path.relative_to(folder).parts)
    ]
    return list(dict.fromkeys(file for match in matches for file in files_below(folder, match)))


def _check_once(files: list[LandingFile]) -> None:
    paths = [file.path for file in files]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        rule = "a file must be declared once."
        raise ConfigError(where="[[files]]", rule=rule, came=", ".join(twice), do="Make the paths exclude each other.")
