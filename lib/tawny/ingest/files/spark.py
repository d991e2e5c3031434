"""Landing files as a DataFrame: checked and read by Spark tasks, so that nothing of their size goes through the driver."""

import pickle
from collections.abc import Iterator, Mapping
from typing import cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from tawny.core.errors import InputError
from tawny.ingest.files.again import rows_again
from tawny.ingest.files.file import Kind, LandingFile, Looked, Part
from tawny.ingest.files.inspect import inspect, with_digest
from tawny.ingest.files.read import Batches, read_part
from tawny.ingest.files.schema import RAW_SCHEMA, UNTERMINATED_ROW

Known = Mapping[str, frozenset[str]]
"""By path, the digests with which a file needs no inspection."""


def inspect_all(spark: SparkSession, files: tuple[LandingFile, ...], known: Known) -> list[Looked]:
    """Every file with its digest and checked, one task each; one with a known content has its digest alone.

    Raises:
        InputError: of the first file, by path, that is not what it says it is.
    """

    def check(batches: Batches) -> Batches:
        for row in _ids(batches):
            try:
                file = with_digest(files[row])
                outcome: Looked | InputError = file if file.digest in known[file.path] else inspect(file)
            except InputError as exc:
                outcome = exc
            yield pa.RecordBatch.from_pydict({"id": [row], "outcome": [pickle.dumps(outcome)]})

    if not files:
        return []
    frame = _tasks(spark, len(files)).mapInArrow(check, "id long, outcome binary")
    # Bounded: one small row per file.
    outcomes = [pickle.loads(row["outcome"]) for row in sorted(frame.collect(), key=lambda row: cast(int, row["id"]))]
    for outcome in outcomes:
        if isinstance(outcome, InputError):
            raise outcome
    return outcomes


def read_parts(spark: SparkSession, parts: list[Part], kind: Kind) -> DataFrame:
    """The raw rows of the parts (columns: tawny.ingest.files.schema), one task each."""

    def read(batches: Batches) -> Batches:
        for row in _ids(batches):
            yield from read_part(parts[row])

    return _tasks(spark, len(parts)).mapInArrow(read, from_arrow_schema(RAW_SCHEMA[kind]))


def read_again(refused: DataFrame, file: LandingFile, names: tuple[str, ...]) -> DataFrame:
    """The raw rows (columns: tawny.ingest.files.schema) of quarantined rows of one file.

    Args:
        refused: columns source_line, raw and reason; raw is not null.
        file: as it was declared when it was read.
        names: of its columns.
    """

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            lines, raws, reasons = (batch.column(name).to_pylist() for name in ("source_line", "raw", "reason"))
            numbered = list(zip(lines, raws, strict=True))
            cut = next((line for line, reason in zip(lines, reasons, strict=True) if reason == UNTERMINATED_ROW), None)
            yield from rows_again(numbered, file, names, cut)

    columns = refused.select("source_line", "raw", "reason")
    return columns.mapInArrow(read, from_arrow_schema(RAW_SCHEMA[file.kind]))


def _tasks(spark: SparkSession, n_tasks: int) -> DataFrame:
    """The numbers 0 .. n_tasks - 1, a task each."""
    return spark.range(0, n_tasks, 1, max(1, n_tasks))


def _ids(batches: Batches) -> Iterator[int]:
    for batch in batches:
        yield from batch.column(0).to_pylist()
