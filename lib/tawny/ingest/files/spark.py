"""Landing files as a DataFrame: checked and read by Spark tasks, so that nothing of their size goes through the driver."""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast, get_args

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from tawny.core.config import Env
from tawny.core.errors import ConfigError, InputError
from tawny.ingest.files.delimited import read_delimited
from tawny.ingest.files.file import Inspected, Kind, LandingFile, Part
from tawny.ingest.files.find import LOOKED_FOR, find_files
from tawny.ingest.files.inspect import inspect
from tawny.ingest.files.jsonl import read_jsonl
from tawny.ingest.files.layout import mapping_of
from tawny.ingest.files.parquet import read_parquet
from tawny.ingest.files.rows import Rows, canonical
from tawny.ingest.files.schema import CANONICAL, RAW_SCHEMA

Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Landed:
    """The raw rows of one kind (columns: tawny.ingest.files.schema), how many rows the files hold, and the files."""

    rows: DataFrame
    n_rows: int
    files: tuple[Inspected, ...] = ()

    def check_unchanged(self) -> None:
        """Look at every file again.

        Raises:
            InputError: one is gone, or not as it was when it was inspected.
        """
        for one in self.files:
            one.file.look()


def read_landing(spark: SparkSession, env: Env, kind: str) -> Landed:
    """All rows of the landing files of a kind (events, items, users), after every file was checked.

    Raises:
        InputError: a file is not what it says it is, or there are no events at all.
        ConfigError: a wrong declaration in the env file, or no such kind.
    """
    known = _kind(kind)
    files = find_files(env, known)
    if not files and known == "events":
        looked_for = LOOKED_FOR.format(kind=known) if not env.files else 'a [[files]] entry with table = "events"'
        rule = f"there must be events. Looked for: {looked_for}."
        raise InputError(where=f"landing = {env.landing}", rule=rule, came="no such file", do="Correct `landing`.")
    inspected = inspect_all(spark, files)
    parts = [part for one in inspected for part in one.parts]
    return Landed(_read_parts(spark, parts, known), sum(one.n_rows for one in inspected), tuple(inspected))


def inspect_all(spark: SparkSession, files: tuple[LandingFile, ...]) -> list[Inspected]:
    """Every file checked, one task each.

    Raises:
        InputError: of the first file, by path, that is not what it says it is.
    """

    def check(batches: Batches) -> Batches:
        for row in _ids(batches):
            try:
                outcome: Inspected | InputError = inspect(files[row])
            except InputError as exc:
                outcome = exc
            yield pa.RecordBatch.from_pydict({"id": [row], "outcome": [pickle.dumps(outcome)]})

    frame = _tasks(spark, len(files)).mapInArrow(check, "id long, outcome binary")
    # Bounded: one small row per file.
    outcomes = [pickle.loads(row["outcome"]) for row in sorted(frame.collect(), key=lambda row: cast(int, row["id"]))]
    for outcome in outcomes:
        if isinstance(outcome, InputError):
            raise outcome
    return outcomes


def read_part(part: Part) -> Batches:
    """The raw rows of a part of a file.

    Raises:
        InputError: the file is not the one that was inspected, or changed while it was read.
    """
    mapping = mapping_of(part.file, part.names or CANONICAL[part.file.kind])
    try:
        for rows in _READERS.get(part.file.format, read_delimited)(part):
            yield canonical(rows, part.file, mapping, part.unterminated_line)
    except Exception:
        # Of a file that changed, not what the change broke in it.
        part.file.look()
        raise
    part.file.look()


_READERS: dict[str, Callable[[Part], Iterator[Rows]]] = {"jsonl": read_jsonl, "parquet": read_parquet}


def _kind(kind: str) -> Kind:
    for known in get_args(Kind):
        if kind == known:
            return cast(Kind, known)
    rule = f"landing files hold {', '.join(get_args(Kind))}."
    raise ConfigError(where="landing", rule=rule, came=kind, do="Fix the job.")


def _read_parts(spark: SparkSession, parts: list[Part], kind: Kind) -> DataFrame:
    def read(batches: Batches) -> Batches:
        for row in _ids(batches):
            yield from read_part(parts[row])

    return _tasks(spark, len(parts)).mapInArrow(read, from_arrow_schema(RAW_SCHEMA[kind]))


def _tasks(spark: SparkSession, n_tasks: int) -> DataFrame:
    """The numbers 0 .. n_tasks - 1, a task each."""
    return spark.range(0, n_tasks, 1, max(1, n_tasks))


def _ids(batches: Batches) -> Iterator[int]:
    for batch in batches:
        yield from batch.column(0).to_pylist()
