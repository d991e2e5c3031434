"""Which files of the landing folder hold what: as the env file declares, else by their names."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import cast, get_args

from tawny.core.columns import EVENT_ID
from tawny.core.config import Env
from tawny.core.errors import ConfigError, InputError
from tawny.core.landing import FilesSettings
from tawny.ingest.files.delta import LOG, landed_files, version_of
from tawny.ingest.files.file import Format, Kind, LandingFile
from tawny.ingest.files.packed import COMPRESSIONS
from tawny.ingest.files.regular import is_hidden
from tawny.ingest.files.schema import CANONICAL, MAPS

logger = logging.getLogger(__name__)

_TEXTS: dict[str, Format] = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
_RECBOLE: dict[str, Kind] = {".inter": "events", ".item": "items", ".user": "users"}
_CANONICAL: dict[str, Format] = {
    ".parquet": "parquet", **{text + packed: form for text, form in _TEXTS.items() for packed in ("", *COMPRESSIONS)},
}  # fmt: skip
_ENDINGS: dict[str, Format] = {**_CANONICAL, **dict.fromkeys(_RECBOLE, "recbole")}
_MOVIELENS: dict[str, tuple[Format, Kind]] = {
    "u.data": ("movielens-100k", "events"), "u.item": ("movielens-100k", "items"), "u.user": ("movielens-100k", "users"),
    "ratings.dat": ("movielens-1m", "events"), "movies.dat": ("movielens-1m", "items"),
    "users.dat": ("movielens-1m", "users"),
}  # fmt: skip

LOOKED_FOR = (
    "{kind}* ending in .parquet, .csv, .tsv, .jsonl, .ndjson or .json, text also with .gz, .bz2 or .zst (files, folders of "
    "them, or Delta tables); MovieLens (u.data, u.item, u.user; ratings.dat, movies.dat, users.dat); RecBole (*.inter, "
    "*.item, *.user)"
)


def find_files(env: Env, kind: Kind) -> tuple[LandingFile, ...]:
    """The landing files of a kind, by path.

    With `[[files]]` of the kind in the env file those and no others; else what the names say, whatever their case, but for
    files that are declared to hold something else.

    Raises:
        InputError: there is no landing folder, no file where the env file declares one, or something that is no regular
            file of the landing folder (tawny.ingest.files.regular).
        ConfigError: a declaration that cannot be read, or two for the same file.
    """
    folder = Path(env.landing)
    if "://" in env.landing or not folder.is_dir():
        rule = "the landing folder must be a folder that every worker sees."
        raise InputError(where=f"landing = {env.landing}", rule=rule, came="none there", do="Correct the env file.")
    own = [declared for declared in env.files if declared.table == kind]
    if own:
        files = [file for declared in own for file in _declared(folder, declared)]
    else:
        others = {path for declared in env.files for path in _matches(folder, declared.path)}
        files = [file for file in _by_name(folder, kind) if file.full_path not in others]
    _check_once(files)
    logger.debug("landing: %s: %s", kind, ", ".join(file.path for file in files) or "no files")
    return tuple(sorted(files, key=lambda file: file.path))


def _by_name(folder: Path, kind: Kind) -> Iterator[LandingFile]:
    for path in landed_files(folder, folder):
        relative = path.relative_to(folder)
        movielens, recbole = _MOVIELENS.get(path.name.lower()), _RECBOLE.get(path.suffix.lower())
        if movielens and movielens[1] == kind:
            yield LandingFile(str(folder), str(relative), kind, movielens[0])
        elif recbole == kind and path.stem.lower() != "u":
            yield LandingFile(str(folder), str(relative), kind, "recbole")
        elif relative.parts[0].lower().startswith(kind) and (ending := _ending(path)) in _CANONICAL:
            yield LandingFile(str(folder), str(relative), kind, _CANONICAL[ending])


def _declared(folder: Path, declared: FilesSettings) -> Iterator[LandingFile]:
    where = f"[[files]] path = {declared.path}"
    _check_columns(where, declared)
    paths = _matches(folder, declared.path)
    if not paths:
        rule = "the path must match a file."
        raise InputError(where=where, rule=rule, came=f"none below {folder}", do="Correct the path (a glob).")
    source = declared.path if declared.mode == "snapshot" or "event_id" in declared.columns else ""
    for path in paths:
        form = _format_of(where, path, declared.format)
        yield LandingFile(
            str(folder), str(path.relative_to(folder)), declared.table, form,
            declared.columns, declared.defaults, declared.time_unit, declared.delimiter, declared.event_types,
            declared.time_zone, declared.time_format, declared.categories_separator, declared.missing_values,
            declared.mode, source, version_of(folder, path) if declared.mode == "snapshot" else None,
            declared.header, declared.decimal,
        )  # fmt: skip


def _check_columns(where: str, declared: FilesSettings) -> None:
    known = (*CANONICAL[declared.table], *([EVENT_ID] if declared.table == "events" else []))
    for name in (*declared.columns, *declared.defaults):
        head, dot, _ = name.partition(".")
        if name not in known and not (dot and head == MAPS.get(declared.table)):
            rule = f"canonical columns of {declared.table} are {', '.join(known)}."
            raise ConfigError(where=where, rule=rule, came=name, do='Write canonical name = "the file\'s name".')


def _format_of(where: str, path: Path, declared: str) -> Format:
    if declared == "delta":
        if not any((folder / LOG).is_dir() for folder in path.parents):
            rule, do = "a Delta table is a folder with a _delta_log.", "Name the folder of the table."
            raise ConfigError(where=where, rule=rule, came=f"{path.name} in none", do=do)
        return "parquet"
    if declared != "auto":
        return cast(Format, declared)
    if path.name.lower() in _MOVIELENS:
        return _MOVIELENS[path.name.lower()][0]
    if (ending := _ending(path)) in _ENDINGS:
        return _ENDINGS[ending]
    rule = f"without a format, the ending must be one of {', '.join(_ENDINGS)}."
    raise ConfigError(where=where, rule=rule, came=path.name, do=f"Add a format ({', '.join(get_args(Format))}).")


def _ending(path: Path) -> str:
    """The ending in small letters; that of a compressed file has two parts."""
    last = path.suffix.lower()
    return Path(path.stem).suffix.lower() + last if last in COMPRESSIONS else last


def _matches(folder: Path, pattern: str) -> list[Path]:
    """The files that match, and those below the folders that match, each once; hidden ones if the pattern names them.

    Of a Delta table these are the files of its current version.
    """
    named = {part.lower() for part in PurePath(pattern).parts}
    matches = [
        path
        for path in sorted(folder.glob(_in_any_case(pattern)))
        if not any(is_hidden(part) and part.lower() not in named for part in path.relative_to(folder).parts)
    ]
    return list(dict.fromkeys(file for match in matches for file in landed_files(folder, match)))


def _in_any_case(pattern: str) -> str:
    """The glob that matches whatever the case of letters.

    >>> _in_any_case("a1*.c[sx]v")
    '[aA]1*.[cC][sx][vV]'
    """
    pieces = re.split(r"(\[[^\]]*\])", pattern)
    return "".join(
        piece if piece.startswith("[") else re.sub(r"[^\W\d_]", lambda one: _cases(one.group()), piece) for piece in pieces
    )


def _cases(letter: str) -> str:
    lower, upper = letter.lower(), letter.upper()
    return f"[{lower}{upper}]" if lower != upper and len(lower) == len(upper) == 1 else letter


def _check_once(files: list[LandingFile]) -> None:
    paths = [file.path for file in files]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        rule = "a file must be declared once."
        raise ConfigError(where="[[files]]", rule=rule, came=", ".join(twice), do="Make the paths exclude each other.")
