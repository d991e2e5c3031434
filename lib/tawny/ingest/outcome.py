"""Judged rows, parted: none may be lost on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import DETAIL, RAW, REASON, SOURCE_FILE, SOURCE_LINE
from tawny.core.errors import CheckError
from tawny.core.table import TableSpec


@dataclass(frozen=True)
class Outcome:
    """The accepted rows, in the table's columns, and the refused ones, in those of its quarantine (but run_date)."""

    accepted: DataFrame
    refused: DataFrame


@contextmanager
def parted(judged: DataFrame, spec: TableSpec, n_rows: int) -> Iterator[Outcome]:
    """Both halves of the judged rows; inside the `with` they are kept, so that no file is read twice.

    Args:
        judged: the columns of `spec`, of the quarantine, and `reason`, null where a row is accepted.
        n_rows: how many rows the landing files hold, as they were counted before they were read.

    Raises:
        CheckError: accepted and refused rows together are not those of the files.
    """
    columns = dict.fromkeys([*spec.columns, REASON, DETAIL, RAW, SOURCE_FILE, SOURCE_LINE])
    # What an accepted row looked like is needed no more: half of what would be kept.
    raw_of_refused = F.when(F.col(REASON).isNotNull(), F.col(RAW))
    kept = judged.withColumn(RAW, raw_of_refused).select(*columns).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        _check_count(kept, spec, n_rows)
        yield Outcome(
            kept.where(F.col(REASON).isNull()).select(*spec.columns),
            kept.where(F.col(REASON).isNotNull()).select(REASON, DETAIL, RAW, SOURCE_FILE, SOURCE_LINE),
        )
    finally:
        kept.unpersist()


def _check_count(kept: DataFrame, spec: TableSpec, n_rows: int) -> None:
    counted = kept.agg(F.count("*").alias("all"), F.count(REASON).alias("refused")).first()
    n_judged, n_refused = (counted["all"], counted["refused"]) if counted else (0, 0)
    if n_judged != n_rows:
        raise CheckError(
            where=spec.name,
            rule="rows in the landing files = accepted + quarantined.",
            came=f"{n_rows} rows in, {n_judged - n_refused} accepted, {n_refused} quarantined",
            do="Nothing was written. Did a file change while it was read? Run the job again.",
        )
