"""What an ingest job does: read the landing files, check every row, keep the refused rows, write the accepted ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import DETAIL, RAW, REASON, SOURCE_FILE, SOURCE_LINE
from tawny.core.errors import CheckError
from tawny.core.table import TableSpec
from tawny.ingest.files.schema import MALFORMED_ROW, NO_LINE_END, UNTERMINATED_ROW
from tawny.ingest.files.spark import Landed
from tawny.ingest.judge import Count, refusal, worst
from tawny.ingest.rules import Reason
from tawny.ingest.settings import IngestSettings

_ABOUT_A_COLUMN = (
    Reason.WRONG_TYPE.value, Reason.MISSING_VALUE.value, Reason.ID_TOO_LONG.value, Reason.UNKNOWN_EVENT_TYPE.value,
    Reason.OUT_OF_RANGE.value, Reason.BEFORE_FLOOR.value,
)  # fmt: skip
_MAX_DETAIL = 200  # characters

S = TypeVar("S", bound=IngestSettings)
S_co = TypeVar("S_co", bound=IngestSettings, covariant=True)

Check = Callable[[DataFrame, S, date], DataFrame]
"""(raw rows, settings, run_date) to the rows with the table's columns, `reason` (null: accepted) and `detail`."""


class IngestRun(Protocol[S_co]):
    """What `ingest` needs of a run (runner/run.py)."""

    @property
    def settings(self) -> S_co:
        """The job's."""

    @property
    def run_date(self) -> date:
        """D: events at or after D 00:00 UTC are refused."""

    def landing(self, kind: str) -> Landed:
        """The raw rows of the landing files that hold `kind`."""

    def quarantine(self, frame: DataFrame) -> object:
        """Write the refused rows."""

    def write(self, frame: DataFrame) -> object:
        """Write the accepted rows."""


def ingest(run: IngestRun[S], table: TableSpec, check: Check[S]) -> None:
    """Check the landing rows of a table and write both halves; the refused ones first, so that no row is lost.

    Args:
        run: of the job.
        table: its name without the version is the kind of landing files that are read (events, items, users).
        check: refuses rows by giving them a reason.

    Raises:
        InputError: a file is not what it says it is, it changed while it was read, or there are no events at all; nothing
            was written.
        CheckError: too many rows of a file are refused, or accepted and refused rows together are not those of the files;
            nothing was written.
    """
    landed = run.landing(table.name.partition("_v")[0])
    raw = landed.rows.transform(_accept_unterminated) if run.settings.accept_unterminated else landed.rows
    checked = check(raw, run.settings, run.run_date)
    with split_accepted(checked, table, landed, run.settings) as halves:
        run.quarantine(halves.refused)
        run.write(halves.accepted)


@dataclass(frozen=True)
class Halves:
    """The accepted rows, in the table's columns, and the refused ones, in those of its quarantine (but run_date)."""

    accepted: DataFrame
    refused: DataFrame


@contextmanager
def split_accepted(checked: DataFrame, table: TableSpec, landed: Landed, settings: IngestSettings) -> Iterator[Halves]:
    """Both halves of the checked rows; inside the `with` they are cached, so that no file is read twice.

    Args:
        checked: the columns of `table` and of its quarantine; `reason` is null where a row is accepted.
        table: where the accepted rows go.
        landed: the files, and how many rows they hold, as counted before they were read.
        settings: how many may be refused.

    Raises:
        InputError: a file changed while it was read.
        CheckError: too many rows of a file are refused, or accepted and refused rows together are not those of the files.
    """
    columns = dict.fromkeys([*table.columns, REASON, DETAIL, RAW, SOURCE_FILE, SOURCE_LINE])
    # The raw text of an accepted row is not needed any more, and would be half of the cache.
    raw_of_refused = F.when(F.col(REASON).isNotNull(), F.col(RAW))
    kept = checked.withColumn(RAW, raw_of_refused).select(*columns).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        counts = _counts(kept, landed)
        _check_count(counts, table, landed.n_rows)
        _check_share(counts, kept, table, landed, settings)
        yield Halves(
            kept.where(F.col(REASON).isNull()).select(*table.columns),
            kept.where(F.col(REASON).isNotNull()).select(REASON, DETAIL, RAW, SOURCE_FILE, SOURCE_LINE),
        )
    finally:
        kept.unpersist()


def _counts(kept: DataFrame, landed: Landed) -> list[Count]:
    """The rows by file, reason and column, in the one pass that reads the files and fills the cache."""
    column = F.when(F.col(REASON).isin(*_ABOUT_A_COLUMN), F.substring_index(DETAIL, "=", 1)).alias("column")
    grouped = kept.groupBy(SOURCE_FILE, REASON, column).agg(F.count("*").alias("n"), F.min(SOURCE_LINE).alias("line"))
    try:
        # Bounded: files x reasons x columns.
        rows = grouped.collect()
    finally:
        # Before an error that a change may have caused, and before anything is written.
        landed.check_unchanged()
    return [Count(row[SOURCE_FILE], row[REASON], row["column"], row["n"], row["line"]) for row in rows]


def _check_count(counts: list[Count], table: TableSpec, n_rows: int) -> None:
    n_checked = sum(count.n for count in counts)
    n_refused = sum(count.n for count in counts if count.reason)
    if n_checked != n_rows:
        raise CheckError(
            where=table.name,
            rule="rows in the landing files = accepted + quarantined.",
            came=f"{n_rows} rows in, {n_checked - n_refused} accepted, {n_refused} quarantined",
            do="Nothing was written. Did a file change while it was read? Run the job again.",
        )


def _check_share(counts: list[Count], kept: DataFrame, table: TableSpec, landed: Landed, settings: IngestSettings) -> None:
    verdicts = worst(counts, settings)
    if not verdicts:
        return

    def detail_of(count: Count) -> str:
        row = kept.where((F.col(SOURCE_FILE) == count.file) & (F.col(SOURCE_LINE) == count.line)).select(DETAIL).first()
        return str(row[DETAIL] if row else "")[:_MAX_DETAIL]

    raise refusal(table.name, verdicts, landed.files, settings, detail_of)


def _accept_unterminated(raw: DataFrame) -> DataFrame:
    """The last row of a file counts, unless more is wrong with it than its missing line end."""
    is_unterminated = F.col("fault") == UNTERMINATED_ROW
    is_whole = F.col("fault_detail") == NO_LINE_END
    fault = F.when(is_unterminated & is_whole, None).when(is_unterminated, MALFORMED_ROW).otherwise(F.col("fault"))
    return raw.withColumn("fault", fault)
