"""A run: one job on one date. A job opens tables only through its `read` and `write`, which record what they do."""

import hashlib
import logging
import time
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime
from datetime import time as day_time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tawny.core.columns import RUN_DATE
from tawny.core.config import Env, NightSettings, Settings, job_settings
from tawny.core.errors import CheckError, ConfigError, StaleInputError
from tawny.core.table import TableRef, TableSlice, TableSpec, overlaps, spec_of
from tawny.lake.base import Condition, Lake, Value, Written
from tawny.runner.manifest import Record, closing_line, new_record, was_written
from tawny.runner.plan import Task
from tawny.runner.signals import undisturbed

if TYPE_CHECKING:  # a scheduler that reads job files has neither
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from tawny.ingest.files.spark import Landed

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
        self._lake = lake

    @property
    def variant(self) -> str | None:
        """The source of a per-source job."""
        return self.task.variant

    @property
    def cutoff(self) -> datetime:
        """run_date 00:00 UTC; the run sees only events before it."""
        return datetime.combine(self.run_date, day_time.min, UTC)

    def read(self, table: TableRef, **where: Value) -> F:
        """The table's rows of this run_date, if it has run_dates, and before the cutoff, if it has a time column.

        The table's version is pinned at the run's first read of it. `where` adds equalities on columns. Where the job
        declares slices of the table, reading the table means reading these slices.

        Raises:
            ConfigError: the job does not declare that it reads the table.
            StaleInputError: no run has written the partition for this date.
        """
        spec, conditions = self._conditions(table, where, self.task.reads)
        return self._lake.read(spec, self._pin(spec, conditions), conditions)

    def read_arrow(self, table: TableRef, *, max_rows: int = 20_000_000, **where: Value) -> Any:
        """As `read`, as a pyarrow.Table and without a JVM; for tables of the size of the catalog.

        Raises:
            CheckError: more than `max_rows` rows: one process must not hold what grows with the number of users.
        """
        spec, conditions = self._conditions(table, where, self.task.reads)
        return self._lake.read_arrow(spec, self._pin(spec, conditions), conditions, max_rows)

    def read_earlier(self, table: TableRef) -> F:
        """The rows of all earlier run_dates."""
        self._declared(table, self.task.job.reads_earlier)
        spec = spec_of(table)
        before: tuple[Condition, ...] = ((RUN_DATE, "<", self.run_date),)
        return self._lake.read(spec, self._pin(spec, before, may_be_empty=True), before)

    def landing(self, kind: str) -> "Landed":
        """The raw rows of the landing files that hold `kind` (events, items, users), and their number.

        Raises:
            InputError: a file is not what it says it is, or there are no events at all.
            ConfigError: a wrong declaration in the env file, or a job without Spark.
        """
        from tawny.ingest.files.spark import read_landing
        from tawny.lake.spark import SparkLake

        if not isinstance(self._lake, SparkLake):
            rule, do = "landing files are read by Spark tasks.", "Declare engine='spark'."
            raise ConfigError(where=self.task.task_id, rule=rule, came=f"engine={self.task.job.engine!r}", do=do)
        landed = read_landing(self._lake.spark, self.env, kind)
        self.record.rows_read[LANDING] = landed.n_rows
        return landed

    def peek(self, table: TableRef) -> tuple[int, int | None]:
        """The version that `read` would pin, and its number of rows; None where Delta's log alone does not give it.

        Raises:
            ConfigError: the job does not declare that it reads the table.
            StaleInputError: the table is not there, or its partition is empty.
        """
        spec, conditions = self._conditions(table, {}, self.task.reads)
        version = self._pin(spec, conditions)
        return version, self._count(spec, version, conditions)

    def write(self, frame: Any) -> Written:
        """Write the job's table (or slice), in the table's mode, in one commit; the last thing a job does.

        The frame may leave out run_date and the slice's column: the run fills them in.

        Raises:
            SchemaError: a column is missing, unknown or of another type.
            CheckError: the key is not unique, or a row breaks a check; nothing was written.
        """
        return self._write(self.task.writes, frame)

    def quarantine(self, frame: Any) -> Written:
        """Write the refused rows. Call it before `write`, so that no row is lost if the run is killed in between."""
        if self.task.job.quarantine is None:
            raise ConfigError(
                where=self.task.task_id, rule="a job must declare its quarantine.", came="none", do="Declare it."
            )
        written = self._write(self.task.job.quarantine, frame)
        self.record.n_quarantined = written.n_rows
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
        self.record.versions_written[spec.name] = written.version
        self.record.rows_written[spec.name] = written.n_rows
        return written

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
        slices = tuple(ref.value for ref in self._declared(table, declared) if isinstance(ref, TableSlice))
        conditions: list[Condition] = []
        if RUN_DATE in spec.partition_by:
            conditions.append((RUN_DATE, "=", self.run_date))
        if slices and spec.slice_by:
            conditions.append((spec.slice_by, "in", slices))
        if spec.time_column:
            conditions.append((spec.time_column, "<", self.cutoff))
        conditions += [(column, "=", value) for column, value in where.items()]
        return spec, tuple(conditions)

    def _pin(self, spec: TableSpec, conditions: tuple[Condition, ...], *, may_be_empty: bool = False) -> int:
        version = self.record.versions_read.setdefault(spec.name, self._lake.version(spec))
        if RUN_DATE in spec.partition_by and not may_be_empty:
            self._refuse_missing(spec, version, conditions)
        n_rows = self._count(spec, version, conditions)
        if n_rows is not None:
            self.record.rows_read[spec.name] = max(n_rows, self.record.rows_read.get(spec.name, 0))
        return version

    def _count(self, spec: TableSpec, version: int, conditions: tuple[Condition, ...]) -> int | None:
        """Rows of the partitions that the conditions select; None where they have no condition on a partition."""
        on_partitions = tuple(condition for condition in conditions if condition[0] in spec.partition_by)
        return self._lake.count(spec, version, on_partitions) if on_partitions or not conditions else None

    def _refuse_missing(self, spec: TableSpec, version: int, conditions: tuple[Condition, ...]) -> None:
        """Refuse a partition that no run has written. One left empty by a run is an answer: a young shop has no holdouts."""
        for own in _each_slice(conditions):
            owned = tuple(condition for condition in own if condition[0] in (RUN_DATE, spec.slice_by))
            slice_ = next((str(value) for column, _, value in owned if column == spec.slice_by), None)
            if self._count(spec, version, owned) == 0 and not was_written(self._lake, spec, self.run_date, slice_):
                where = " and ".join(f"{column} {op} {value}" for column, op, value in owned)
                raise StaleInputError(
                    where=f"{self.task.task_id} reads {spec.name}",
                    rule="inputs must be there.",
                    came=f"no rows where {where}, version {version}",
                    do="Run the job that writes it for this run_date first (`tawny plan`).",
                )


if TYPE_CHECKING:
    SparkRun = Run[S, DataFrame]
    ArrowRun = Run[S, pa.Table]
else:  # job files need the names, for their annotations
    SparkRun = ArrowRun = Run


def _each_slice(conditions: tuple[Condition, ...]) -> list[tuple[Condition, ...]]:
    """The conditions once per value of the `in` condition; as they are without one."""
    choices = [(column, one) for column, _, value in conditions if isinstance(value, tuple) for one in value]
    others = tuple(condition for condition in conditions if not isinstance(condition[2], tuple))
    return [(*others, (column, "=", one)) for column, one in choices] or [others]


def open_run(task: Task, run_date: date, env: Env, night: NightSettings, lake: Lake[F]) -> Run[Any, F]:
    """The run of a task, with its settings merged.

    Raises:
        ConfigError: a wrong or unknown setting.
    """
    settings = job_settings(task.job.settings, env, task.job.name, task.variant)
    return Run(task, run_date, env, night, lake, settings)


def execute(run: Run[Any, F], save: Callable[[Record], None]) -> Record:
    """Run the job's `main`, save its record when it begins and when it ends, in whatever way, and log one closing line."""
    start = time.perf_counter()
    try:
        save(deepcopy(run.record))  # a copy, because the run goes on filling its own
        run.task.job.main(run)
        _check_written(run)
        run.record.status = "succeeded"
    except BaseException as exc:
        run.record.failed(exc)
        raise
    finally:
        with undisturbed():
            run.record.seconds = round(time.perf_counter() - start, 3)
            save(run.record)
            logger.info("%s", closing_line(run.record))
    return run.record


def _check_written(run: Run[Any, Any]) -> None:
    if spec_of(run.task.writes).name not in run.record.versions_written:
        rule = "a job must write the table it declares."
        raise CheckError(where=run.task.task_id, rule=rule, came="no write", do="Call run.write at the end of main.")
