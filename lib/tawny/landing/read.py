"""Landing files as a DataFrame: checked and read by Spark tasks, so that nothing of their size goes through the driver."""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from tawny.core.config import Env
from tawny.core.errors import InputError
from tawny.landing.canonical import canonical
from tawny.landing.delimited import read_delimited
from tawny.landing.find import LOOKED_FOR, find_sources
from tawny.landing.inspect import inspect
from tawny.landing.jsonl import read_jsonl
from tawny.landing.layout import mapping_of
from tawny.landing.parquet import read_parquet
from tawny.landing.rows import Rows
from tawny.landing.schema import RAW_SCHEMA
from tawny.landing.source import CANONICAL, Inspected, Part, Source, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Landed:
    """The raw rows of one table (columns: tawny.landing.schema), and how many rows the files hold."""

    rows: "DataFrame"
    n_rows: int


def read_landing(spark: "SparkSession", env: Env, table: Table) -> Landed:
    """All rows of the landing files of a table, after every file was checked.

    Raises:
        InputError: a file is not what it says it is, or there are no events at all.
        ConfigError: a wrong declaration in the env file.
    """
    sources = find_sources(env, table)
    if not sources and table == "events":
        looked_for = LOOKED_FOR.format(table=table) if not env.sources else 'a [[sources]] entry with table = "events"'
        rule = f"there must be events. Looked for: {looked_for}."
        raise InputError(where=f"landing = {env.landing}", rule=rule, came="no such file", do="Correct `landing`.")
    inspected = inspect_all(spark, sources)
    parts = [part for one in inspected for part in one.parts]
    return Landed(_read_parts(spark, parts, table), sum(one.n_rows for one in inspected))


def inspect_all(spark: "SparkSession", sources: tuple[Source, ...]) -> list[Inspected]:
    """Every file checked, one task each.

    Raises:
        InputError: of the first file, by path, that is not what it says it is.
    """

    def check(batches: Batches) -> Batches:
        for row in _ids(batches):
            try:
                outcome: Inspected | InputError = inspect(sources[row])
            except InputError as exc:
                outcome = exc
            yield pa.RecordBatch.from_pydict({"id": [row], "outcome": [pickle.dumps(outcome)]})

    frame = _tasks(spark, len(sources)).mapInArrow(check, "id long, outcome binary")
    # Bounded: one small row per file.
    outcomes = [pickle.loads(row["outcome"]) for row in sorted(frame.collect(), key=lambda row: cast(int, row["id"]))]
    for outcome in outcomes:
        if isinstance(outcome, InputError):
            raise outcome
    return outcomes


def read_part(part: Part) -> Batches:
    """The raw rows of a part of a file."""
    source = part.source
    mapping = mapping_of(source, part.names or CANONICAL[source.table])
    for rows in _READERS.get(source.format, read_delimited)(part):
        yield canonical(rows, source, mapping)


_READERS: dict[str, Callable[[Part], Iterator[Rows]]] = {"jsonl": read_jsonl, "parquet": read_parquet}


def _read_parts(spark: "SparkSession", parts: list[Part], table: Table) -> "DataFrame":
    from pyspark.sql.pandas.types import from_arrow_schema

    def read(batches: Batches) -> Batches:
        for row in _ids(batches):
            yield from read_part(parts[row])

    return _tasks(spark, len(parts)).mapInArrow(read, from_arrow_schema(RAW_SCHEMA[table]))


def _tasks(spark: "SparkSession", n_tasks: int) -> "DataFrame":
    """The numbers 0 .. n_tasks - 1, a task each."""
    return spark.range(0, n_tasks, 1, max(1, n_tasks))


def _ids(batches: Batches) -> Iterator[int]:
    for batch in batches:
        yield from batch.column(0).to_pylist()
