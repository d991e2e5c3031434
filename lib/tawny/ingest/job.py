"""What an ingest job does: read what landed, check it, judge it with what is stored, and write only what changes.

Each commit can be made again: a run that was killed between two of them is made good by the next one. The order is: the
ledger says which files are about to be read; refused rows; rows that are accepted no more; accepted rows; rows that are
refused no more; the ledger says what was read.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import DETAIL, RAW, REASON, SOURCE_DIGEST, SOURCE_FILE, SOURCE_LINE
from tawny.core.errors import CheckError
from tawny.core.table import TableSpec
from tawny.ingest.deliveries import Counts
from tawny.ingest.files.schema import MALFORMED_ROW, NO_LINE_END, UNTERMINATED_ROW
from tawny.ingest.judge import Count, refusal, worst
from tawny.ingest.landing import Landed, Store
from tawny.ingest.reasons import ABOUT_A_COLUMN, Reason
from tawny.ingest.settings import IngestSettings
from tawny.ingest.snapshots import GONE, points_of
from tawny.tables.landings import LANDINGS

logger = logging.getLogger(__name__)

_MAX_DETAIL = 200  # characters
_ATTEMPTS = 3

S = TypeVar("S", bound=IngestSettings)
S_co = TypeVar("S_co", bound=IngestSettings, covariant=True)


@dataclass(frozen=True)
class Intake(Generic[S]):
    """What is checked of the rows of one table.

    Attributes:
        table: where accepted rows go; its name without the version is the kind of landing files that are read.
        quarantine: where refused rows go.
        check: (raw rows, settings) to the rows with the table's columns, `reason` (null: no rule is broken) and `detail`.
        judge: (checked rows, what landed, settings) to the rows that no rule of their own refuses judged together, with the
            stored rows that they change; `was` and `is_needed` as of `tawny.ingest.events.judge_events`.
    """

    table: TableSpec
    quarantine: TableSpec
    check: Callable[[DataFrame, S], DataFrame]
    judge: Callable[[DataFrame, Landed, S], DataFrame]


class IngestRun(Protocol[S_co]):
    """What `ingest` needs of a run (runner/run.py)."""

    @property
    def settings(self) -> S_co:
        """The job's."""

    def landing(self, kind: str) -> Landed:
        """The raw rows of the landing files that hold `kind` and were not read yet."""

    def quarantine(self, frame: DataFrame, n_refused: int) -> object:
        """Write refused rows; so many of them are rows of the files that were read."""

    def write(self, frame: DataFrame) -> object:
        """Write accepted rows."""

    def update(self, table: TableSpec, decide: Callable[[Any], Any]) -> object:
        """Replace the rows of the ledger by what `decide` makes of them."""


def ingest(run: IngestRun[S], intake: Intake[S]) -> None:
    """Read the landing files of a table that were not read yet, and write what they change; nothing where there are none.

    Args:
        run: of the job.
        intake: the table and its rules.

    Raises:
        InputError: a file is not what it says it is, it changed while it was read, or there are no events at all; nothing
            was written.
        CheckError: too many rows of a file are refused, or a file lacks most of what an earlier one of its name said, or
            rows were lost; nothing was written.
    """
    for _ in range(_ATTEMPTS):
        landed = run.landing(intake.table.name.partition("_v")[0])
        if landed.plan.is_empty:
            return
        if _ingest_once(run, intake, landed):
            return
    logger.warning("%s: other runs read files at the same time; the next run judges all of them together", intake.table.name)


def _ingest_once(run: IngestRun[S], intake: Intake[S], landed: Landed) -> bool:
    """Whether no other run has read files meanwhile."""
    counts: dict[str, Counts] = {}
    if landed.plan.has_rows:
        raw = landed.rows.transform(_accept_unterminated) if run.settings.accept_unterminated else landed.rows
        with judged(raw, intake, landed, run.settings) as changes:
            run.update(LANDINGS, landed.plan.begun)
            _write(run, intake, landed, changes)
            counts = changes.counts
    overtaken: list[bool] = []

    def ended(rows: pa.Table) -> pa.Table:
        overtaken[:] = [landed.plan.is_overtaken(rows)]
        return landed.plan.ended(rows, counts)

    run.update(LANDINGS, ended)
    return not overtaken[0]


def _write(run: IngestRun[S], intake: Intake[S], landed: Landed, changes: "Changes") -> None:
    """The commits between the two of the ledger; those that would change nothing are left out."""
    store = landed.store
    if changes.n_refused:
        run.quarantine(changes.refused, sum(count.n_refused for count in changes.counts.values()))
    if store is not None and changes.n_no_more_accepted:
        store.remove(intake.table, changes.no_more_accepted, *intake.table.key, SOURCE_DIGEST, SOURCE_LINE)
    if changes.n_accepted:
        run.write(changes.accepted)
    if store is not None and changes.n_no_more_refused:
        store.remove(intake.quarantine, changes.no_more_refused, *intake.quarantine.key)


@dataclass(frozen=True)
class Changes:
    """What an ingest writes, and how many rows each of it is.

    Attributes:
        accepted, refused: rows to be written, in the columns of the table and of its quarantine.
        no_more_accepted, no_more_refused: rows to be removed, in the same columns (the keys at least).
        counts: of the files that were read, by digest.
    """

    accepted: DataFrame
    refused: DataFrame
    no_more_accepted: DataFrame
    no_more_refused: DataFrame
    n_accepted: int
    n_refused: int
    n_no_more_accepted: int
    n_no_more_refused: int
    counts: dict[str, Counts]


@contextmanager
def judged(raw: DataFrame, intake: Intake[S], landed: Landed, settings: S) -> Iterator[Changes]:
    """What the raw rows change; inside the `with` the rows are cached, so that no file is read twice.

    Raises:
        InputError: a file changed while it was read.
        CheckError: too many rows of a file are refused, a file lacks most of what an earlier one of its name said, or
            accepted and refused rows together are not those of the files.
    """
    table, quarantine = intake.table, intake.quarantine
    columns = dict.fromkeys([*table.columns, *quarantine.columns, "delivery"])
    checked = intake.check(raw, settings).select(*columns)
    if landed.store is not None and not landed.store.is_empty(table):
        checked.persist(StorageLevel.MEMORY_AND_DISK)  # for the days, or the ids, of which stored rows are read
    # The raw text of an accepted row is not needed any more, and would be half of the cache.
    raw_of_refused = F.when(F.col(REASON).isNotNull(), F.col(RAW))
    rows = intake.judge(checked, landed, settings).withColumn(RAW, raw_of_refused)
    kept = rows.select(*columns, "was", "is_needed").persist(StorageLevel.MEMORY_AND_DISK)
    try:
        tally = _tally(kept, landed)
        checked.unpersist()
        _check_count(tally, table, landed.n_rows)
        _check_share(tally, kept, table, landed, settings)
        _check_gone(tally, table, landed, settings)
        yield _changes(kept, tally, intake, landed, settings)
    finally:
        checked.unpersist()
        kept.unpersist()


@dataclass(frozen=True)
class Tally:
    """How many rows have the same fate (see `Count`), were in the same place before, and are needed where they belong."""

    count: Count
    digest: str
    was: str
    is_needed: bool


def _tally(kept: DataFrame, landed: Landed) -> list[Tally]:
    """The rows by file and fate, in the one pass that reads the files and fills the cache."""
    column = F.when(F.col(REASON).isin(*ABOUT_A_COLUMN), F.substring_index(DETAIL, "=", 1)).alias("column")
    fate = (SOURCE_DIGEST, SOURCE_FILE, "was", "is_needed", REASON)
    grouped = kept.groupBy(*fate, column).agg(F.count("*").alias("n"), F.min(SOURCE_LINE).alias("line"))
    try:
        # Bounded: files x reasons x columns.
        rows = grouped.collect()
    finally:
        # Before an error that a change may have caused, and before anything is written.
        landed.check_unchanged()
    return [
        Tally(
            Count(row[SOURCE_FILE], row[REASON], row["column"], row["n"], row["line"]),
            row[SOURCE_DIGEST], row["was"], row["is_needed"],
        )
        for row in rows
    ]  # fmt: skip


def _changes(kept: DataFrame, tally: list[Tally], intake: Intake[S], landed: Landed, settings: S) -> Changes:
    """What is to be written and removed; counted from the tally, so that most nights take no further pass."""
    table, quarantine, replays = intake.table, intake.quarantine, {entry.digest for entry in landed.plan.replays}
    is_refused, needed = F.col(REASON).isNotNull(), kept.where("is_needed")
    accepted = needed.where(~is_refused).select(*table.columns)
    refused = needed.where(is_refused).select(*quarantine.columns)
    n_refused = sum(one.count.n for one in tally if one.is_needed and one.count.reason)
    was_refused = F.col("was").isin("quarantined", "both") | F.col(SOURCE_DIGEST).isin(*replays or [""])
    out = kept.where(is_refused & F.col("was").isin("stored", "both")).select(*_keys(table))
    back = kept.where(~is_refused & was_refused).select(*_keys(quarantine))
    n_out = sum(one.count.n for one in tally if one.count.reason and one.was in ("stored", "both"))
    is_back = [one for one in tally if one.was in ("quarantined", "both") or one.digest in replays]
    n_back = sum(one.count.n for one in is_back if not one.count.reason)
    if landed.store is not None and (landed.plan.taken_back() or landed.plan.replaced):
        check_taken_back(_rows_of(landed.store, table, landed.plan.corrected()), accepted, table, settings)
        gone = _rows_of(landed.store, table, landed.plan.taken_back()).select(*_keys(table))
        gone = gone.join(accepted, list(_keys(table)), "left_anti")
        taken_back = _taken_back(gone, needed.where(is_refused), intake, landed)
        stale = _rows_of(landed.store, quarantine, landed.plan.taken_back() | landed.plan.replaced)
        stale = stale.select(*_keys(quarantine)).join(kept.where(is_refused), list(quarantine.key), "left_anti")
        n_gone = gone.count()
        refused, n_refused = refused.unionByName(taken_back), n_refused + n_gone
        out, n_out = out.unionByName(gone).distinct(), n_out + n_gone
        back = back.unionByName(stale).unionByName(taken_back.select(*_keys(quarantine))).distinct()
        n_back += stale.count() + n_gone
    n_accepted = sum(one.count.n for one in tally if one.is_needed and not one.count.reason)
    return Changes(accepted, refused, out, back, n_accepted, n_refused, n_out, n_back, _counts(tally, landed))


def _taken_back(gone: DataFrame, refused: DataFrame, intake: Intake[S], landed: Landed) -> DataFrame:
    """The stored rows that will be removed, as rows of the quarantine, which keeps them until all else is done.

    A run that is killed in between would not know any more of which users and days it had taken rows. Descriptions are read
    again as a whole instead.
    """
    table, quarantine = intake.table, intake.quarantine
    if landed.store is None or not set(table.key) <= set(quarantine.columns):
        return refused.select(*quarantine.columns).limit(0)
    rows = _rows_of(landed.store, table, landed.plan.taken_back()).join(gone, list(_keys(table)), "left_semi")
    said = {REASON: F.lit(Reason.TAKEN_BACK.value), **{name: F.lit(None).cast("string") for name in (DETAIL, RAW)}}
    others = rows.join(refused, list(quarantine.key), "left_anti")
    return others.withColumns(said).select(*quarantine.columns)


def _rows_of(store: Store, spec: TableSpec, digests: frozenset[str]) -> DataFrame:
    """The stored rows of these files."""
    return store.rows(spec).where(F.col(SOURCE_DIGEST).isin(*sorted(digests)) if digests else F.lit(False))


def _keys(spec: TableSpec) -> tuple[str, ...]:
    """What a row is removed by: its key, its place in a file, and its partition."""
    return tuple(dict.fromkeys((*spec.key, SOURCE_DIGEST, SOURCE_LINE, *spec.partition_by)))


def _counts(tally: list[Tally], landed: Landed) -> dict[str, Counts]:
    """The rows of each file that was read; of a replayed one, what its quarantine and its table hold now."""
    new = [one for one in tally if one.was == "new"]
    counts = {}
    for digest in (*(one.file.digest for one in landed.files), *(entry.digest for entry in landed.plan.replays)):
        n_refused = sum(one.count.n for one in new if one.digest == digest and one.count.reason)
        n_accepted = sum(one.count.n for one in new if one.digest == digest and not one.count.reason)
        replayed = next((entry for entry in landed.plan.replays if entry.digest == digest), None)
        if replayed:
            counts[digest] = Counts(replayed.n_rows, replayed.n_accepted + n_accepted, replayed.n_refused - n_accepted)
        else:
            counts[digest] = Counts(n_accepted + n_refused, n_accepted, n_refused)
    return counts


def _check_count(tally: list[Tally], table: TableSpec, n_rows: int) -> None:
    new = [one.count for one in tally if one.was == "new"]
    n_checked = sum(count.n for count in new)
    n_refused = sum(count.n for count in new if count.reason)
    if n_checked != n_rows:
        raise CheckError(
            where=table.name,
            rule="rows in the landing files = accepted + quarantined.",
            came=f"{n_rows} rows in, {n_checked - n_refused} accepted, {n_refused} quarantined",
            do="Nothing was written. Did a file change while it was read? Run the job again.",
        )


def _check_share(tally: list[Tally], kept: DataFrame, table: TableSpec, landed: Landed, settings: IngestSettings) -> None:
    replays = {entry.digest for entry in landed.plan.replays}  # of which the refused rows alone are read
    is_first = landed.store is not None and landed.store.is_empty(table)
    new = (one.count for one in tally if one.was == "new" and one.digest not in replays)
    verdicts = worst(new, settings, is_first=is_first)
    if not verdicts:
        return

    def detail_of(count: Count) -> str:
        at = (F.col(SOURCE_FILE) == count.file) & (F.col(SOURCE_LINE) == count.line) & (F.col("was") == "new")
        row = kept.where(at).select(DETAIL).first()
        return str(row[DETAIL] if row else "")[:_MAX_DETAIL]

    raise refusal(table.name, verdicts, landed.files, settings, detail_of)


def _check_gone(tally: list[Tally], table: TableSpec, landed: Landed, settings: IngestSettings) -> None:
    """Refuse a snapshot that lacks more than a set share: a part of a catalogue is no catalogue."""
    for point in points_of(landed.plan):
        n_there = sum(
            one.count.n for one in tally if one.was == "new" and not one.count.reason and one.digest in point.digests
        )
        n_gone = sum(one.count.n for one in tally if one.was == GONE and one.digest == point.file.digest and one.is_needed)
        n_ids = n_there + n_gone
        if n_ids >= settings.min_rows_to_judge and n_gone > settings.max_taken_back_share * n_ids:
            kind = table.name.partition("_v")[0]
            raise CheckError(
                where=f"{table.name}, snapshot {point.file.shipment}",
                rule=f"a snapshot is the whole truth, of which at most {settings.max_taken_back_share:.0%} may be gone.",
                came=f"{n_gone} of {n_ids} {kind} are not in it",
                do=f'Nothing was written. Land all {kind}; where files add to those before them, declare mode = "log"; if '
                f"these {kind} are gone, set [jobs.ingest_{kind}] max_taken_back_share.",
            )


def _accept_unterminated(raw: DataFrame) -> DataFrame:
    """The last row of a file counts, unless more is wrong with it than its missing line end."""
    is_unterminated = F.col("fault") == UNTERMINATED_ROW
    is_whole = F.col("fault_detail") == NO_LINE_END
    fault = F.when(is_unterminated & is_whole, None).when(is_unterminated, MALFORMED_ROW).otherwise(F.col("fault"))
    return raw.withColumn("fault", fault)


def check_taken_back(before: DataFrame, now: DataFrame, table: TableSpec, settings: IngestSettings) -> None:
    """Refuse a correction that takes back more than a set share: a file of a new day under an old name is no correction.

    Args:
        before: accepted rows of files that others with the same names replace.
        now: the accepted rows that are written, columns key.
        table: of the rows.
        settings: how large the share may be.

    Raises:
        CheckError: of the first such file; nothing was written.
    """
    kept = before.join(now.select(*table.key).withColumn("is_kept", F.lit(1)), list(table.key), "left")
    counted = kept.groupBy(SOURCE_FILE).agg(F.count("*").alias("n"), F.count("is_kept").alias("n_kept"))
    # Bounded: files that changed.
    for row in sorted(counted.collect()):
        n_back = row["n"] - row["n_kept"]
        if row["n"] >= settings.min_rows_to_judge and n_back > settings.max_taken_back_share * row["n"]:
            rule = (
                "a file that changes under its name is a correction, which takes back at most "
                f"{settings.max_taken_back_share:.0%} of what was read of it."
            )
            came = f"{n_back} of {row['n']} rows are not in it any more"
            do = (
                "Nothing was written. Land new rows under a new name; if this is a correction, run "
                f"`tawny retract {row[SOURCE_FILE]}` first, or set [jobs.ingest_{table.name.partition('_v')[0]}] "
                "max_taken_back_share."
            )
            raise CheckError(where=f"{table.name}, file {row[SOURCE_FILE]}", rule=rule, came=came, do=do)
