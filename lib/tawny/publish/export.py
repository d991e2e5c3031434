"""The published lists as one file: CSV, JSON lines or Parquet; a row per user and rank, or one per user."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Protocol, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tawny.core.errors import ConfigError
from tawny.core.words import Words
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Condition
from tawny.publish.pointer import PublishedList, published_now, published_rows
from tawny.publish.wording import Wording, popularity_window, titles_of
from tawny.tables.recommendations import RECOMMENDATIONS

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

ROWS_AT_ONCE = 500_000
"""Rows that are held and sorted at once; a list of more is cut by user into files beside the output first."""

_ROWS_OF_A_PIECE = 20_000
_SAMPLES_PER_CUT = 1_000
_READ = ("run_date", "user_id", "rank", "item_id", "score", "sources", "reasons", "details")
_LISTED = {
    "rank": pa.int32(), "item_id": pa.string(), "title": pa.string(), "score": pa.float32(),
    "sources": pa.list_(pa.string()), "reason": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class ExportSettings:
    """What is exported.

    Attributes:
        out: the file.
        format: of the file.
        words: in which reasons are told.
        users: only these; None: all.
        with_titles: whether items have their titles.
        per_user: one row per user, with `items` best first, instead of one per user and rank.
    """

    out: Path
    format: Format
    words: Words
    users: tuple[str, ...] | None = None
    with_titles: bool = False
    per_user: bool = False

    @property
    def listed(self) -> dict[str, pa.DataType]:
        """The columns of a listed item."""
        return {name: kind for name, kind in _LISTED.items() if name != "title" or self.with_titles}

    @property
    def schema(self) -> pa.Schema:
        """The columns of the file."""
        listed = {"items": pa.list_(pa.struct(self.listed))} if self.per_user else self.listed
        return pa.schema({"user_id": pa.string(), **listed, "run_date": pa.date32(), "list_id": pa.string()})


@dataclass
class Exported:
    """What an export wrote.

    Attributes:
        published: the list.
        n_rows: listed items.
        n_users: with a list.
        missing: of the users asked for, those without a list, in the order given.
    """

    published: PublishedList
    n_rows: int = 0
    n_users: int = 0
    missing: tuple[str, ...] = field(default_factory=tuple)


def export(lake: ArrowLake, settings: ExportSettings) -> Exported:
    """Write the list that readers follow now; what is published meanwhile changes nothing, for one version is read.

    The file appears under its name when it is whole, and replaces one that is there; a killed process leaves a hidden folder
    `.NAME.*.partial` beside it. Users are in the order of their ids.
    At most ROWS_AT_ONCE rows are held at a time, and the titles of the catalog.

    Raises:
        StaleInputError: nothing is published.
        ConfigError: the file cannot be written there, or no user asked for has a list.
    """
    _must_be_writable(settings.out)
    now = published_now(published_rows(lake))
    of_list: tuple[Condition, ...] = (("run_date", "=", now.run_date), ("list_id", "=", now.list_id))
    where = of_list if settings.users is None else (*of_list, ("user_id", "in", settings.users))
    source = _Source(lake, lake.version(RECOMMENDATIONS), of_list, where)
    titles = titles_of(lake, now.run_date)
    wording = Wording(settings.words, titles, popularity_window(lake, now.run_date))
    done, found = Exported(now), set[str]()
    with TemporaryDirectory(prefix=f".{settings.out.name}.", suffix=".partial", dir=settings.out.parent) as folder:
        partial = Path(folder) / "out"
        with _writer(settings, partial) as write:
            for table in source.in_order(Path(folder)):
                for rows in _lists(table):
                    write(_rows(rows, settings, wording, now.list_id))
                    done.n_rows, done.n_users = done.n_rows + len(rows), done.n_users + 1
                    if settings.users is not None:
                        found.add(rows[0]["user_id"])
        done.missing = tuple(user for user in settings.users or () if user not in found)
        if settings.users is not None and not found:
            rule, came = (
                "a user asked for must have a list.",
                f"{len(done.missing):,} ids without one: {done.missing[0]} ...",
            )
            do = "Ids are those of the landing files, one a line."
            raise ConfigError(where="--user-file", rule=rule, came=came, do=do)
        partial.replace(settings.out)
    return done


def users_in(path: Path) -> tuple[str, ...]:
    """The ids in a file, one a line, each once; a first line `user_id` is a heading.

    Raises:
        ConfigError: there is no such file, it is no text, or it names nobody.
    """
    rule, do = "it must be a text file with one user id a line.", "Correct the path or the file."
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(where=str(path), rule=rule, came=str(exc), do=do) from exc
    users = tuple(dict.fromkeys(line for place, line in enumerate(lines) if line and (place or line != "user_id")))
    if not users:
        raise ConfigError(where=str(path), rule=rule, came="no id", do=do)
    return users


def format_of(path: Path, given: str | None) -> Format:
    """The format of a file: as given, or by its ending.

    Raises:
        ConfigError: there is no such format.
    """
    name = given or path.suffix.removeprefix(".").lower()
    for known in FORMATS:
        if name == known:
            return known
    rule, came = f"the format must be one of {', '.join(FORMATS)}.", repr(name) if name else f"the name {path.name!r}"
    raise ConfigError(where="--format", rule=rule, came=came, do="Name it, or end the file's name with it.")


def _must_be_writable(out: Path) -> None:
    rule = "it must be a file in a folder that is there."
    if out.is_dir():
        raise ConfigError(where=str(out), rule=rule, came="a folder", do="Name a file in it.")
    if not out.parent.is_dir():
        raise ConfigError(where=str(out), rule=rule, came=f"no folder {out.parent}", do="Make the folder.")


@dataclass(frozen=True)
class _Source:
    """The rows of one list, at one version."""

    lake: ArrowLake
    version: int
    of_list: tuple[Condition, ...]
    where: tuple[Condition, ...]

    def in_order(self, folder: Path) -> Iterator[pa.Table]:
        """The rows by user_id and rank, in tables of whole users; `folder` is for what is cut."""
        n_rows = self.lake.count(RECOMMENDATIONS, self.version, self.of_list) or 0
        if n_rows <= ROWS_AT_ONCE:
            yield _sorted(pa.Table.from_batches(self._read(_READ), schema=_schema()))
            return
        cuts = self._cuts(-(-n_rows // ROWS_AT_ONCE))
        files = [folder / f"part-{number:05d}" for number in range(len(cuts) + 1)]
        with ExitStack() as stack:
            writers = [stack.enter_context(pa.ipc.new_file(str(file), _schema())) for file in files]
            for batch in self._read(_READ):
                for number, part in _cut(batch, cuts):
                    writers[number].write_batch(part)
        for file in files:
            with pa.memory_map(str(file)) as mapped:
                yield _sorted(pa.ipc.open_file(mapped).read_all())
            file.unlink()

    def _cuts(self, n_parts: int) -> list[str]:
        """The first user ids of all parts but the first, so that the parts are about as large."""
        every = max(1, ROWS_AT_ONCE // _SAMPLES_PER_CUT)
        sample = sorted(user for batch in self._read(("user_id",)) for user in batch["user_id"][::every].to_pylist())
        return sorted({sample[number * len(sample) // n_parts] for number in range(1, n_parts)}) if sample else []

    def _read(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return self.lake.batches(RECOMMENDATIONS, self.version, self.where, columns)


def _schema() -> pa.Schema:
    from tawny.lake.schema import arrow_schema

    declared = arrow_schema(RECOMMENDATIONS)
    return pa.schema([declared.field(name) for name in _READ])


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([("user_id", "ascending"), ("rank", "ascending")])


def _cut(batch: pa.RecordBatch, cuts: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The parts of a batch, each with its number."""
    users = batch["user_id"].dictionary_encode()
    parts = np.searchsorted(np.array(cuts, object), users.dictionary.to_pylist(), side="right")[users.indices.to_numpy()]
    order = np.argsort(parts, kind="stable")
    bounds = np.flatnonzero(np.diff(parts[order], prepend=-1, append=len(cuts) + 1))
    for begin, end in pairwise(bounds):
        yield int(parts[order[begin]]), batch.take(pa.array(order[begin:end]))


def _lists(table: pa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of each user; the table is sorted by user."""
    rows = (row for batch in table.to_batches(max_chunksize=_ROWS_OF_A_PIECE) for row in batch.to_pylist())
    for _, of_user in groupby(rows, key=lambda row: row["user_id"]):
        yield list(of_user)


def _rows(rows: Sequence[dict[str, Any]], settings: ExportSettings, wording: Wording, list_id: str) -> list[dict[str, Any]]:
    """What is written of one user's list."""
    items = [{**row, "title": wording.title(row["item_id"]), "reason": wording.reasons(row)} for row in rows]
    listed = [{name: item[name] for name in settings.listed} for item in items]
    head, tail = {"user_id": rows[0]["user_id"]}, {"run_date": rows[0]["run_date"], "list_id": list_id}
    return [{**head, "items": listed, **tail}] if settings.per_user else [{**head, **item, **tail} for item in listed]


class _Write(Protocol):
    def __call__(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write these rows."""


@contextmanager
def _writer(settings: ExportSettings, path: Path) -> Iterator[_Write]:
    """Writes rows to a file that is on the disk when the context ends."""
    opened: dict[Format, Callable[[ExportSettings, Path, ExitStack], _Write]] = {
        "csv": _csv, "jsonl": _jsonl, "parquet": _parquet,
    }  # fmt: skip
    with ExitStack() as stack:
        yield opened[settings.format](settings, path, stack)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _csv(settings: ExportSettings, path: Path, stack: ExitStack) -> _Write:
    """Lists are JSON, but for sources, which are names without spaces and are joined by one."""
    file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
    table = csv.DictWriter(file, settings.schema.names, lineterminator="\n")
    table.writeheader()

    def write(rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            lists = {"sources": " ".join(row["sources"])} if "sources" in row else {"items": _json(row["items"])}
            table.writerow({**_plain(row), **lists})

    return write


def _jsonl(settings: ExportSettings, path: Path, stack: ExitStack) -> _Write:
    file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))

    def write(rows: Iterable[dict[str, Any]]) -> None:
        file.writelines(f"{_json(row)}\n" for row in rows)

    return write


def _parquet(settings: ExportSettings, path: Path, stack: ExitStack) -> _Write:
    writer = stack.enter_context(pq.ParquetWriter(path, settings.schema, compression="zstd"))
    held: list[dict[str, Any]] = []

    def flush() -> None:
        writer.write_table(pa.Table.from_pylist(held, schema=settings.schema))
        held.clear()

    def write(rows: Iterable[dict[str, Any]]) -> None:
        held.extend(rows)
        if len(held) >= _ROWS_OF_A_PIECE:
            flush()

    stack.callback(flush)
    return write


def _plain(value: Any) -> Any:
    """The value as JSON has it: dates as text, and a float32 by its own shortest digits."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(str(np.float32(value)))
    return value.isoformat() if hasattr(value, "isoformat") else value


def _json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)
