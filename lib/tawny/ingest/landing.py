"""What an ingest job is given: the rows of the files that it has not read yet, and what the tables hold of others."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import SOURCE_DIGEST
from tawny.core.config import Env
from tawny.core.errors import InputError, StaleInputError
from tawny.core.table import TableSpec
from tawny.ingest.deliveries import Plan, plan
from tawny.ingest.files.file import Inspected, Kind, LandingFile, kind_of
from tawny.ingest.files.find import LOOKED_FOR, find_files
from tawny.ingest.files.spark import inspect_all, read_again, read_parts
from tawny.ingest.ledger import STANDING, Entry, is_known, parser_of, read_ledger
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Note, Written
from tawny.lake.removal import remove
from tawny.lake.spark import SparkLake
from tawny.tables.runs import RUNS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Store:
    """The tables as they are now, for an ingest: it judges new rows together with what is stored."""

    lake: SparkLake
    note: Note

    def rows(self, spec: TableSpec) -> DataFrame:
        """The newest rows."""
        return self.lake.read(spec, self.lake.version(spec), ())

    def is_empty(self, spec: TableSpec) -> bool:
        """Whether there is no row, from Delta's log."""
        return not self.lake.count(spec, self.lake.version(spec), ())

    def remove(self, spec: TableSpec, rows: DataFrame, *on: str) -> Written:
        """Delete the rows that agree with one of `rows` in the columns `on` (tawny.lake.removal)."""
        return remove(self.lake, spec, rows, on, self.note)


@dataclass(frozen=True)
class Landed:
    """What an ingest reads.

    Attributes:
        rows: the raw rows (columns: tawny.ingest.files.schema) of the files that were not read yet; where these are gone,
            their refused rows.
        n_rows: how many they are.
        plan: which files these are, and what else is to be done.
        store: what the tables hold. None in tests of rows alone.
    """

    rows: DataFrame
    n_rows: int
    plan: Plan
    store: Store | None = None

    @property
    def files(self) -> tuple[Inspected, ...]:
        """The files that are read."""
        return self.plan.reads

    def check_unchanged(self) -> None:
        """Look at every file again.

        Raises:
            InputError: one is gone, or not as it was when it was inspected.
        """
        for one in self.files:
            one.file.look()


def open_landing(
    lake: SparkLake, env: Env, kind_name: str, quarantine: TableSpec, run_date: date, run_id: str, note: Note
) -> Landed:
    """The rows of the landing files of a kind (events, items, users) that were not read yet, after each was checked.

    Raises:
        InputError: a file is not what it says it is, or there are no events at all and there were none before.
        ConfigError: a wrong declaration in the env file, or no such kind.
    """
    kind = kind_of(kind_name)
    ledger = read_ledger(lake.arrow)
    before = tuple(entry for entry in ledger if entry.kind == kind)
    files = find_files(env, kind)
    if not files and not before and kind == "events":
        raise _no_events(env)
    looked = _look(lake, files, before)
    clock = newest_run_date(lake.arrow, ledger, run_date)
    planned = plan(kind, before, looked, clock=clock, run_date=run_date, run_id=run_id)
    _log(planned, files)
    store = Store(lake, note)
    parts = [part for one in planned.reads for part in one.parts]
    rows, n_rows = read_parts(lake.spark, parts, kind), sum(one.n_rows for one in planned.reads)
    for entry in planned.replays:
        refused = refused_rows(store.rows(quarantine), entry)
        n_rows += refused.count()
        rows = rows.unionByName(read_again(refused, entry.file(env.landing), entry.names))
    return Landed(rows, n_rows, planned, store)


def refused_rows(quarantine: DataFrame, entry: Entry) -> DataFrame:
    """The rows of a file that broke a rule by themselves, as the quarantine has them."""
    of_file = quarantine.where((F.col(SOURCE_DIGEST) == entry.digest) & F.col("raw").isNotNull())
    return of_file.where(F.col("event_id").isNull()) if "event_id" in quarantine.columns else of_file


def newest_run_date(lake: ArrowLake, ledger: Iterable[Entry], run_date: date) -> date:
    """The newest run_date that has ingested, this run's included: what lands now was not known before it."""
    dates: list[date] = [run_date, *(entry.run_date for entry in ledger)]
    try:
        runs = lake.read(RUNS, lake.version(RUNS), (("status", "=", "succeeded"), ("job", "in", _JOBS)))
    except StaleInputError:
        return max(dates)
    dates += runs["run_date"].to_pylist()
    return max(dates)


_JOBS = ("ingest_events", "ingest_items", "ingest_users", "pin_inputs")


def _look(lake: SparkLake, files: Iterable[LandingFile], before: tuple[Entry, ...]) -> list[Inspected | LandingFile]:
    """The files that do not lie as the ledger says, with their digest and, where it is new, checked.

    Where descriptions are taken back, all files are read again: what they hid shows again.
    """
    is_rebuilt = any(e.kind != "events" and e.status in ("reading", "retracting") for e in before)
    new = {file.path for file in files if is_rebuilt or not is_known(before, file, file.look())}
    # A snapshot is its whole delivery.
    shipments = {(file.source, file.shipment) for file in files if file.path in new and file.mode == "snapshot"}
    chosen = tuple(file for file in files if file.path in new or (file.source, file.shipment) in shipments)
    standing = () if is_rebuilt else before
    alike = [(e.digest, e.parser) for e in standing if e.status in STANDING and e.status != "replaying"]
    retracted = {e.digest for e in before if e.status in ("retracting", "retracted")}
    known = {
        file.path: frozenset(
            retracted | {digest for digest, parser in alike if file.mode == "log" and parser == parser_of(file)}
        )
        for file in chosen
    }
    return inspect_all(lake.spark, chosen, known) if chosen else []


def _log(planned: Plan, files: tuple[LandingFile, ...]) -> None:
    counts = {
        "files": len(files), "to_read": len(planned.reads), "again": len(planned.again), "replays": len(planned.replays),
        "taken_back": len(planned.gone), "replaced": len(planned.replaced),
    }  # fmt: skip
    logger.info("landing: %s: %s", planned.kind, " ".join(f"{name}={n}" for name, n in counts.items()))


def _no_events(env: Env) -> InputError:
    kind: Kind = "events"
    looked_for = LOOKED_FOR.format(kind=kind)
    rule = f"there must be events. Looked for: {looked_for}."
    return InputError(where=f"landing = {env.landing}", rule=rule, came="no such file", do="Correct `landing`.")
