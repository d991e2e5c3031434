"""How the rows of each text format are split into named columns.

Source: the READMEs of MovieLens 100K and 1M; RecBole's documentation of atomic files.
"""

import re
from dataclasses import dataclass

from tawny.ingest.files.file import Format, Kind, LandingFile

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


def layout_of(file: LandingFile) -> Layout:
    """The layout of a text file."""
    if file.format == "recbole":
        return Layout("\t")
    if file.format == "csv":
        return Layout("\t" if ".tsv" in file.path else ",", may_quote=True)
    return LAYOUTS[file.format, file.kind]


def mapping_of(file: LandingFile, names: tuple[str, ...]) -> Mapping:
    """The mapping of a file with these columns; what the env file declares goes before what the format implies."""
    columns = {name: name for name in names}
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
    columns |= file.columns
    if file.kind == "users":
        columns = _attributes(file, names, columns) | columns
    return Mapping(columns, defaults, separator, flags, year)


def _attributes(file: LandingFile, names: tuple[str, ...], columns: dict[str, str]) -> dict[str, str]:
    """Every column of a user that has no other meaning is an attribute, unless the env file says which are."""
    if any(name.startswith("attributes.") for name in file.columns):
        return {}
    taken = {columns.get("user_id"), columns.get("attributes"), columns.get("known_from")}
    return {f"attributes.{name}": name for name in names if name not in taken}


def _recbole_columns(names: tuple[str, ...]) -> dict[str, str]:
    found = {ours: next((name for name in theirs if name in names), None) for ours, theirs in _RECBOLE_NAMES.items()}
    return {ours: name for ours, name in found.items() if name is not None}
