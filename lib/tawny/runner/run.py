"""A run: one job on one date. A job opens tables only through its `read` and `write`, which record what they do."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from datetime import time as day_time
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from tawny.core.columns import RUN_DATE
from tawny.core.config import Env, NightSettings, job_settings
from tawny.core.errors import CheckError, ConfigError, StaleInputError
from tawny.core.settings import Settings
from tawny.core.table import TableRef, TableSlice, TableSpec, overlaps, spec_of
from tawny.lake.base import Condition, Lake, Value, Written
from tawny.runner.lineage import Lineage, Made, earlier_digest, earlier_name
from tawny.runner.manifest import Record, closing_line, new_record
from tawny.runner.memory import PeakMemory
from tawny.runner.night_before import NightBefore
from tawny.runner.plan import Task
from tawny.runner.signals import undisturbed
from tawny.tables.nights import NIGHTS

if TYPE_CHECKING:  # a scheduler that reads job files has neither
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from tawny.ingest.landing import Landed

logger = logging.getLogger(__name__)

LANDING = "landing"
"""The key of the landing files in a record's `rows_read`."""

S = TypeVar("S", bound=Settings)
F = TypeVar("F")


class Run(Generic[S, F]):
    """One job on one date, over frames of type F (Spark DataFrame or pyarrow.Table).

    Attributes:
        settings: the job's, merged.
        night: the settings that all jobs of a night share.
        run_date: D; the run sees only events before D 00:00 UTC.
        variant: the source of a per-source job, else None.
    """

    def __init__(self, task: Task, run_date: date, env: Env, night: NightSettings, lake: Lake[F], settings: S) -> None:
        self.task, self.run_date, self.env, self.night, self.settings = task, run_date, env, night, settings
        self.record = new_record(task, run_date, night, settings)
        self._lake, self._lineage = lake, Lineage(lake, run_date)

    @property
    def variant(self) -> str | None:
        """The source of a per-source job."""
        return self.task.variant

    @property
    def cutoff(self) -> datetime:
        """run_date 00:00 UTC; the run sees only events before it."""
        return datetime.combine(self.run_date, day_time.min, UTC)

    def read(self, table: TableRef, **where: Value) -> F:
        """The table's rows of this run_date, if it has run_dates, and what was known by then, if it says since when.

        The table's version is that of the night (nights_v1), else the newest at the run's first read of it. `where` adds
        equalities on columns. Where the job declares slices of the table, reading the table means reading these slices.

        Raises:
            ConfigError: the job does not declare that it reads the table.
            StaleInputError: no run has written the partition for this date, or something that it was made from was written
                anew since.
        """
        spec, conditions = self._conditions(table, where, self.task.reads)
        self._count(spec, self._pin(spec), conditions)
        return self._lake.read(spec, self._pin(spec), conditions)

    def read_arrow(self, table: TableRef, *, max_rows: int = 20_000_000, **where: Value) -> Any:
        """As `read`, as a pyarrow.Table and without a JVM; for tables of the size of the catalog.

        Raises:
            CheckError: more than `max_rows` rows: one process must not hold what grows with the number of users.
        """
        spec, conditions = self._conditions(table, where, self.task.reads)
        self._count(spec, self._pin(spec), conditions)
        return self._lake.read_arrow(spec, self._pin(spec), conditions, max_rows)

    def read_earlier(self, table: TableRef, **partition: Value) -> F:
        """The rows of all earlier run_dates; of a table whose partitions have ids, those that were written last.

        With `partition` (run_date, list_id), the rows of that one alone, written last or not; none where it is not there.
        """
        self._declared(table, self.task.job.reads_earlier)
        spec = spec_of(table)
        version = self.record.versions_read.setdefault(spec.name, self._lake.version(spec))
        if partition:
            return self._lake.read(spec, version, ((RUN_DATE, "<", self.run_date), *_equalities(partition)))
        earlier = self._lineage.earlier(spec)
        self.record.inputs[earlier_name(spec)] = earlier_digest(earlier)
        conditions: list[Condition] = [(RUN_DATE, "<", self.run_date)]
        if spec.id_column:
            ids = tuple(str(made.note["partition"][spec.id_column]) for made in earlier.values() if made.note)
            conditions.append((spec.id_column, "in", ids))
        return self._lake.read(spec, version, tuple(conditions))

    def night_before(self, table: TableRef) -> NightBefore[F] | None:
        """The newest list of an earlier run_date with all that it was made from; None where there is none.

        Args:
            table: the one that holds the lists.
        """
        self._declared(table, self.task.job.reads_earlier)
        spec = spec_of(table)
        earlier = self._lineage.earlier(spec)
        self.record.inputs[earlier_name(spec)] = earlier_digest(earlier)
        day = max((day for day, made in earlier.items() if made.digest), default=None)
        return NightBefore.of(self._lake, spec, day, earlier[day]) if day else None

    def landing(self, kind: str) -> "Landed":
        """The raw rows of the landing files that hold `kind` (events, items, users) and were not read yet.

        Raises:
            InputError: a file is not what it says it is, or there are no events at all.
            ConfigError: a wrong declaration in the env file, or a job without Spark or a quarantine.
        """
        from tawny.ingest.landing import open_landing
        from tawny.lake.spark import SparkLake

        if not isinstance(self._lake, SparkLake) or self.task.job.quarantine is None:
            rule, do = "landing files are read by Spark tasks.", "Declare engine='spark', and a quarantine."
            raise ConfigError(where=self.task.task_id, rule=rule, came=f"engine={self.task.job.engine!r}", do=do)
        refused, who = spec_of(self.task.job.quarantine), self.record.who
        landed = open_landing(self._lake, self.env, kind, refused, self.run_date, self.record.run_id, who)
        self.record.rows_read[LANDING] = landed.n_rows
        # Until something is written: an ingest without anything new has written no rows.
        writes = spec_of(self.task.writes)
        self._wrote(writes, Written(self._lake.version(writes), 0, is_new=False))
        return landed

    def peek(self, table: TableRef) -> tuple[int, int | None]:
        """The version that `read` would pin, and its number of rows; None where Delta's log alone does not give it.

        Raises:
            ConfigError: the job does not declare that it reads the table.
            StaleInputError: the table is not there, or its partition is empty.
        """
        spec, conditions = self._conditions(table, {}, self.task.reads)
        return self._pin(spec), self._count(spec, self._pin(spec), conditions)

    def content(self, table: TableRef) -> tuple[int, str, int]:
        """The version that `read` pins, and the digest and the number of the rows that it gives, summed by Spark.

        Raises:
            ConfigError: the job does not declare that it reads the table.
        """
        from tawny.lake.spark import content

        spec, frame = spec_of(table), cast(Any, self.read(table))
        found = content(spec, frame)
        return self._pin(spec), found.digest, found.n_rows

    def holds(self, table: TableRef, **partition: Value) -> bool:
        """Whether the newest version has rows in a partition, of whatever run_date, from Delta's log alone.

        Raises:
            ConfigError: the job does not declare that it reads the table.
        """
        self._declared(table, self.task.reads)
        spec = spec_of(table)
        return bool(self._lake.count(spec, self._lake.version(spec), _equalities(partition)))

    def write(self, frame: Any) -> Written:
        """Write the job's table (or slice), in the table's mode, in one commit; the last thing a job does.

        The frame may leave out run_date and the slice's column: the run fills them in.

        Raises:
            SchemaError: a column is missing, unknown or of another type.
            CheckError: the key is not unique, or a row breaks a check; nothing was written.
        """
        return self._write(self.task.writes, frame)

    def quarantine(self, frame: Any, n_refused: int | None = None) -> Written:
        """Write the refused rows. Call it before `write`, so that no row is lost if the run is killed in between.

        `n_refused` is how many the record tells of, where others are written too; default: those that are written.
        """
        if self.task.job.quarantine is None:
            raise ConfigError(
                where=self.task.task_id, rule="a job must declare its quarantine.", came="none", do="Declare it."
            )
        written = self._write(self.task.job.quarantine, frame)
        self.record.n_quarantined = written.n_rows if n_refused is None else n_refused
        return written

    def update(self, table: TableRef, decide: Callable[[Any], Any]) -> Written:
        """Replace the rows of a small table (mode `compare_and_set`): the job's own, or its ledger.

        Args:
            table: declared as `writes` or as `ledger`.
            decide: given the newest rows (pyarrow.Table), all rows that the table should have. Pure: where another run
                committed in between, it is asked again. Equal rows commit nothing.

        Raises:
            ConfigError: the job does not declare the table.
        """
        declared = (self.task.writes, *([self.task.job.ledger] if self.task.job.ledger else []))
        self._declared(table, declared)
        spec = spec_of(table)
        note = self.record.note | {"partition": {RUN_DATE: self.run_date.isoformat()}, "digest": "decided"}
        if spec != spec_of(self.task.writes):  # a ledger is about the rows that the run writes, and none of them
            return self._lake.update(spec, decide, self.record.who)
        written = self._lake.update(spec, decide, note)
        self._wrote(spec, written)
        return written

    def seed(self, *parts: object) -> int:
        """A 63-bit seed that depends only on the night's seed, the task and `parts` (the fold, a partition)."""
        text = "/".join(map(str, (self.night.seed, self.task.task_id, *parts)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1

    def _write(self, table: TableRef, frame: Any) -> Written:
        spec = spec_of(table)
        owned: dict[str, Value] = {RUN_DATE: self.run_date} if RUN_DATE in spec.partition_by else {}
        if isinstance(table, TableSlice) and spec.slice_by:
            owned[spec.slice_by] = table.value
        app_id = f"{spec.name}/{self.run_date}/{self.task.task_id}"
        written = self._lake.write(spec, frame, owned, app_id, self.record.note)
        self._wrote(spec, written)
        return written

    def _wrote(self, spec: TableSpec, written: Written) -> None:
        self.record.versions_written[spec.name] = written.version
        self.record.rows_written[spec.name] = written.n_rows

    def _declared(self, table: TableRef, declared: tuple[TableRef, ...]) -> tuple[TableRef, ...]:
        """The declared references that `table` stands for: itself, or the declared slices of it."""
        matches = tuple(ref for ref in declared if overlaps(table, ref))
        if not matches:
            names = ", ".join(spec_of(ref).name for ref in declared) or "nothing"
            rule = f"a job reads only what it declares ({names})."
            came = spec_of(table).name
            raise ConfigError(where=self.task.task_id, rule=rule, came=came, do="Add it to the job's declaration.")
        return (table,) if isinstance(table, TableSlice) or table in matches else matches

    def _conditions(
        self, table: TableRef, where: dict[str, Value], declared: tuple[TableRef, ...]
    ) -> tuple[TableSpec, tuple[Condition, ...]]:
        spec = spec_of(table)
        refs = self._declared(table, declared)
        version = self._pin(spec)
        conditions = list(self._own_conditions(spec, refs, version)) if RUN_DATE in spec.partition_by else []
        if spec.time_column:
            conditions.append((spec.time_column, "<", self.cutoff))
        if spec.known_column:
            conditions.append((spec.known_column, "<=", self.run_date))
        conditions += [(column, "=", value) for column, value in where.items()]
        return spec, tuple(conditions)

    def _own_conditions(self, spec: TableSpec, refs: tuple[TableRef, ...], version: int) -> Iterator[Condition]:
        """The partitions of this run_date that the references name, each written by a run and current."""
        yield RUN_DATE, "=", self.run_date
        made = [self._current(ref, version) for ref in refs]
        if slices := tuple(ref.value for ref in refs if isinstance(ref, TableSlice)):
            yield str(spec.slice_by), "in", slices
        if spec.id_column:
            yield spec.id_column, "in", tuple(str(one.note["partition"][spec.id_column]) for one in made)

    def _pin(self, spec: TableSpec) -> int:
        """The version of a table that this run reads, the same at every read."""
        if not spec.is_pinned or spec_of(self.task.writes) == NIGHTS:
            return self.record.versions_read.setdefault(spec.name, self._lake.version(spec))
        pin = self._lineage.pin(spec)
        if pin is None:
            came = f"no row of {NIGHTS.name} for {self.run_date} and {spec.name}"
            raise self._stale(spec.name, "a night must say which version all its jobs read.", came, "pin_inputs")
        self.record.inputs[spec.name], self.record.night_id = pin.digest, pin.night_id
        return self.record.versions_read.setdefault(spec.name, pin.version)

    def _count(self, spec: TableSpec, version: int, conditions: tuple[Condition, ...]) -> int | None:
        """Rows of the partitions that the conditions select; None where they have no condition on a partition."""
        on_partitions = tuple(condition for condition in conditions if condition[0] in spec.partition_by)
        n_rows = self._lake.count(spec, version, on_partitions) if on_partitions or not conditions else None
        if n_rows is not None:
            self.record.rows_read[spec.name] = max(n_rows, self.record.rows_read.get(spec.name, 0))
        return n_rows

    def _current(self, ref: TableRef, version: int) -> Made:
        """The partition as it was written last; refused where it is not there, or not current.

        One that a run left empty is an answer: a young shop has no holdouts.
        """
        made = self._lineage.made(ref, version)
        if made is None or (made.digest and not self._lineage.is_there(made, ref, version)):
            came = f"no rows where {RUN_DATE} = {self.run_date}, version {version}"
            raise self._stale(str(ref), "inputs must be there.", came)
        if why := self._lineage.why_stale(str(ref)):
            raise self._stale(str(ref), "an input must be made from what is there now.", why)
        self.record.inputs[str(ref)] = made.digest
        return made

    def _stale(self, name: str, rule: str, came: str, job: str | None = None) -> StaleInputError:
        again = f"`tawny run {job} --run-date {self.run_date}`, or " if job else ""
        do = f"Run {again}`tawny night --run-date {self.run_date}`: it runs what is missing or not current, and no more."
        return StaleInputError(where=f"{self.task.task_id} reads {name}", rule=rule, came=came, do=do)


if TYPE_CHECKING:
    SparkRun = Run[S, DataFrame]
    ArrowRun = Run[S, pa.Table]
else:  # job files need the names, for their annotations
    SparkRun = ArrowRun = Run


def _equalities(partition: Mapping[str, Value]) -> tuple[Condition, ...]:
    return tuple((column, "=", value) for column, value in partition.items())


def open_run(task: Task, run_date: date, env: Env, night: NightSettings, lake: Lake[F]) -> Run[Any, F]:
    """The run of a task, with its settings merged.

    Raises:
        ConfigError: a wrong or unknown setting.
    """
    settings = job_settings(task.job.settings, env, task.job.name, task.variant)
    return Run(task, run_date, env, night, lake, settings)


def execute(run: Run[Any, F], save: Callable[[Record], None]) -> Record:
    """Run the job's `main`, save its record when it begins and when it ends, in whatever way, and log one closing line."""
    start, memory = time.perf_counter(), PeakMemory()
    try:
        save(deepcopy(run.record))  # a copy, because the run goes on filling its own
        with memory:
            run.task.job.main(run)
        _check_written(run)
        run.record.status = "succeeded"
    except BaseException as exc:
        run.record.failed(exc)
        raise
    finally:
        with undisturbed():
            run.record.seconds = round(time.perf_counter() - start, 3)
            run.record.peak_memory_bytes = memory.n_bytes or None
            save(run.record)
            logger.info("%s", closing_line(run.record))
    return run.record


def _check_written(run: Run[Any, Any]) -> None:
    if spec_of(run.task.writes).name not in run.record.versions_written:
        rule = "a job must write the table it declares."
        raise CheckError(where=run.task.task_id, rule=rule, came="no write", do="Call run.write at the end of main.")
