"""How the rows of each text format are split into named columns.

Source: the READMEs of MovieLens 100K and 1M; RecBole's documentation of atomic files.
"""

import csv
import re
from dataclasses import dataclass, replace

from tawny.ingest.files.file import Format, Kind, LandingFile
from tawny.ingest.files.schema import CANONICAL

GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip

RECBOLE_FIELD = re.compile(r"^([^:]+):(token|token_seq|float|float_seq)$")


@dataclass(frozen=True)
class Layout:
    """How a line becomes columns.

    Attributes:
        delimiter: between two fields.
        names: of the columns; empty where the first line names them.
        encoding: of the text.
        may_quote: fields may stand in quotation marks, as in RFC 4180.
    """

    delimiter: str
    names: tuple[str, ...] = ()
    encoding: str = "utf-8"
    may_quote: bool = False


@dataclass(frozen=True)
class Mapping:
    """From the file's columns to the canonical ones.

    Attributes:
        columns: canonical name -> the file's name.
        defaults: canonical name -> constant.
        separator: between the members of a list.
        flags: the file's name -> category, for columns of 0 and 1.
        year: the file's column whose year is appended to the title.
    """

    columns: dict[str, str]
    defaults: dict[str, str]
    separator: str = "|"
    flags: tuple[str, ...] = ()
    year: str | None = None


_RATING = ("user_id", "item_id", "value", "event_time")
_USER_100K = ("user_id", "age", "gender", "occupation", "zip_code")
_USER_1M = ("user_id", "gender", "age", "occupation", "zip_code")
_ITEM_100K = ("item_id", "title", "release_date", "video_release_date", "imdb_url", *GENRES)

LAYOUTS: dict[tuple[Format, Kind], Layout] = {
    ("movielens-100k", "events"): Layout("\t", _RATING),
    ("movielens-100k", "items"): Layout("|", _ITEM_100K, "latin-1"),
    ("movielens-100k", "users"): Layout("|", _USER_100K),
    ("movielens-1m", "events"): Layout("::", _RATING),
    ("movielens-1m", "items"): Layout("::", ("item_id", "title", "categories"), "latin-1"),
    ("movielens-1m", "users"): Layout("::", _USER_1M),
}

# RecBole fixes the syntax of the header, not the names: the first that occurs is taken.
_RECBOLE_NAMES: dict[str, tuple[str, ...]] = {
    "event_time": ("timestamp", "time"),
    "value": ("rating", "value"),
    "title": ("title", "movie_title", "item_name", "name"),
    "description": ("description",),
    "categories": ("categories", "class", "genre", "genres", "category"),
    "price": ("price",),
}


_DELIMITERS = (",", ";", "\t", "|")


def delimiter_of(file: LandingFile, header: str) -> str:
    """The delimiter of a CSV file: as declared, else the one that makes of its header line the most columns that are known.

    With a declared header it is the one that makes as many columns of the first row. Of equal ones it is the one that makes
    the most columns, then the one that the ending names.
    """
    if file.delimiter is not None:
        return file.delimiter
    if file.header:
        return min(_DELIMITERS, key=lambda delimiter: abs(n_fields(header, delimiter) - len(file.header)))
    known = {folded(name) for name in (*CANONICAL[file.kind], *file.columns.values())}

    def worth(delimiter: str) -> tuple[int, int, bool]:
        names = next(csv.reader([header], delimiter=delimiter), [])
        return sum(folded(name) in known for name in names), len(names), delimiter == _usual(file)

    return max(_DELIMITERS, key=worth)


def n_fields(line: str, delimiter: str) -> int:
    """Of a line of CSV."""
    return len(next(csv.reader([line], delimiter=delimiter), []))


def folded(name: str) -> str:
    """A column's name without what does not count: case, spaces, `_`, `-` and `.`.

    >>> folded(" User-ID "), folded("userId"), folded("user_id")
    ('userid', 'userid', 'userid')
    """
    return re.sub(r"[\s_.-]", "", name).casefold()


def alike(file: LandingFile, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """By canonical name, the columns whose names differ from it in what does not count; what is declared is left out."""
    declared = set(file.columns.values())
    free = [name for name in names if name not in declared]
    wanted = [ours for ours in CANONICAL[file.kind] if ours not in names and ours not in file.columns]
    found = {ours: tuple(name for name in free if folded(name) == folded(ours)) for ours in wanted}
    return {ours: theirs for ours, theirs in found.items() if theirs}


def _usual(file: LandingFile) -> str:
    return "\t" if ".tsv" in file.path.lower() else ","


def layout_of(file: LandingFile) -> Layout:
    """The layout of a text file."""
    if file.format == "recbole":
        return Layout("\t")
    if file.format == "csv":
        return Layout(file.delimiter or file.found_delimiter or _usual(file), file.header, may_quote=True)
    return LAYOUTS[file.format, file.kind]


def mapping_of(file: LandingFile, names: tuple[str, ...]) -> Mapping:
    """The mapping of a file with these columns; what the env file declares goes before what the format implies."""
    every = (*names, *(name for name in file.folders if name not in names))
    columns = {name: name for name in every} | {ours: theirs[0] for ours, theirs in alike(file, every).items()}
    defaults = dict(file.defaults)
    separator, year = "|", None
    flags: tuple[str, ...] = ()
    if file.format == "recbole":
        columns |= _recbole_columns(names)
        separator, year = " ", "release_year" if "release_year" in names and file.kind == "items" else None
        if file.kind == "events":
            defaults = {"event_type": "rating" if "value" in columns else "view"} | defaults
    if file.format in ("movielens-100k", "movielens-1m") and file.kind == "events":
        defaults = {"event_type": "rating"} | defaults
    if file.format == "movielens-100k" and file.kind == "items":
        flags = GENRES[1:]  # "unknown" says that there is no genre
    separator = file.categories_separator or separator
    columns |= file.columns
    if file.kind == "users":
        columns = _attributes(file, names, columns) | columns
    return Mapping(columns, defaults, separator, flags, year)


def mapping_of_objects(file: LandingFile, names: tuple[str, ...]) -> Mapping:
    """The mapping of a file whose rows name their columns themselves; `names` are those of its first rows."""
    found = mapping_of(file, CANONICAL[file.kind])
    every = (*names, *(name for name in file.folders if name not in names))
    return replace(found, columns=found.columns | {ours: theirs[0] for ours, theirs in alike(file, every).items()})


def _attributes(file: LandingFile, names: tuple[str, ...], columns: dict[str, str]) -> dict[str, str]:
    """Every column of a user that has no other meaning is an attribute, unless the env file says which are."""
    if any(name.startswith("attributes.") for name in file.columns):
        return {}
    taken = {columns.get("user_id"), columns.get("attributes"), columns.get("known_from")}
    return {f"attributes.{name}": name for name in names if name not in taken}


def _recbole_columns(names: tuple[str, ...]) -> dict[str, str]:
    found = {ours: next((name for name in theirs if name in names), None) for ours, theirs in _RECBOLE_NAMES.items()}
    return {ours: name for ours, name in found.items() if name is not None}
