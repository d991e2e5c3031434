"""A run: one job on one date. Its `read` and `write` are the only doors to a table, and all they do is noted."""

import hashlib
import logging
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from datetime import time as day_time
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import tawny
from tawny.core.columns import RUN_DATE
from tawny.core.config import Env, JobConfig, NightSettings, config_hash, job_config
from tawny.core.errors import CheckError, ConfigError, StaleInputError
from tawny.core.job import Task
from tawny.core.lake import Condition, Lake, Value, Written
from tawny.core.log import key_values
from tawny.core.table import TableRef, TableSlice, TableSpec, overlaps, spec_of

logger = logging.getLogger(__name__)

LANDING = "landing"
"""Stands for the landing files in a record's `rows_read`."""

C = TypeVar("C", bound=JobConfig)
F = TypeVar("F")


@dataclass
class Record:
    """What runs_v1 keeps of a run; the fields are that table's columns."""

    run_id: str
    run_date: date
    job: str
    variant: str | None
    config: str
    config_hash: str
    code_version: str
    seed: int
    started_ts: datetime
    status: str = "succeeded"
    error: str | None = None
    seconds: float = 0.0
    versions_read: dict[str, int] = field(default_factory=dict)
    versions_written: dict[str, int] = field(default_factory=dict)
    rows_read: dict[str, int] = field(default_factory=dict)
    rows_written: dict[str, int] = field(default_factory=dict)
    n_quarantined: int = 0


class Run(Generic[C, F]):
    """One job on one date, over frames of type F (Spark DataFrame or pyarrow.Table).

    Attributes:
        config: the job's merged settings.
        night: the settings that all jobs of a night share.
        run_date: D; the run sees only events before D 00:00 UTC.
        variant: the source of a per-source job, else None.
    """

    def __init__(self, task: Task, run_date: date, env: Env, night: NightSettings, lake: Lake[F], config: C) -> None:
        self.task, self.run_date, self.env, self.night, self.config = task, run_date, env, night, config
        self.lake = lake
        self.record = _new_record(task, run_date, night, config)

    @property
    def variant(self) -> str | None:
        """The source of a per-source job."""
        return self.task.variant

    @property
    def cutoff(self) -> datetime:
        """run_date 00:00 UTC: nothing at or after it is seen."""
        return datetime.combine(self.run_date, day_time.min, UTC)

    def read(self, table: TableRef, **where: Value) -> F:
        """The rows of this run_date (tables that have one), of this slice, before the cutoff (tables that have a time).

        The table's version is pinned at the first read of the run. `where` adds equalities on columns. Where the job
        declares slices of the table, the whole table means all of these and no others.

        Raises:
            ConfigError: the job does not declare that it reads the table.
            StaleInputError: a partition is empty: the job that fills it has not run for this date.
        """
        spec, conditions = self._conditions(table, where, self.task.reads)
        return self.lake.read(spec, self._pin(spec, conditions), conditions)

    def read_arrow(self, table: TableRef, *, max_rows: int = 20_000_000, **where: Value) -> Any:
        """As `read`, as a pyarrow.Table and without a JVM; for tables of the size of the catalogue.

        Raises:
            CheckError: more than `max_rows` rows: nothing that grows with the users may be held by one process.
        """
        spec, conditions = self._conditions(table, where, self.task.reads)
        return self.lake.read_arrow(spec, self._pin(spec, conditions), conditions, max_rows)

    def read_earlier(self, table: TableRef) -> F:
        """The rows of all earlier run_dates."""
        self._declared(table, self.task.job.reads_earlier)
        spec = spec_of(table)
        before: tuple[Condition, ...] = ((RUN_DATE, "<", self.run_date),)
        return self.lake.read(spec, self._pin(spec, before, may_be_empty=True), before)

    def landed(self, n_rows: int) -> None:
        """Note how many rows the landing files hold: they are the rows that an ingest job reads."""
        self.record.rows_read[LANDING] = n_rows

    def look(self, table: TableRef) -> tuple[int, int | None]:
        """The version that `read` would pin, and the rows it would give; None where Delta's log alone cannot say.

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
        """Write the refused rows; before `write`, so that no row is lost if the run is killed in between."""
        if self.task.job.quarantine is None:
            raise ConfigError(
                where=self.task.task_id, rule="a job must declare its quarantine.", came="none", do="Declare it."
            )
        written = self._write(self.task.job.quarantine, frame)
        self.record.n_quarantined = written.n_rows
        return written

    def seed(self, *parts: object) -> int:
        """A 63-bit seed that depends on the night's seed, the job, and `parts` (the fold, a partition), and nothing else."""
        text = "/".join(map(str, (self.night.seed, self.task.task_id, *parts)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1

    def _write(self, table: TableRef, frame: Any) -> Written:
        spec = spec_of(table)
        owned: dict[str, Value] = {RUN_DATE: self.run_date} if RUN_DATE in spec.partition_by else {}
        if isinstance(table, TableSlice) and spec.slice_by:
            owned[spec.slice_by] = table.value
        app_id = f"{spec.name}/{self.run_date}/{self.task.task_id}"
        written = self.lake.write(spec, frame, owned, app_id)
        self.record.versions_written[spec.name] = written.version
        self.record.rows_written[spec.name] = written.n_rows
        return written

    def _declared(self, table: TableRef, declared: tuple[TableRef, ...]) -> tuple[TableRef, ...]:
        """The declared references that the table, or slice, stands for."""
        found = tuple(ref for ref in declared if overlaps(table, ref))
        if not found:
            names = ", ".join(spec_of(ref).name for ref in declared) or "nothing"
            rule = f"a job reads only what it declares ({names})."
            came = spec_of(table).name
            raise ConfigError(where=self.task.task_id, rule=rule, came=came, do="Add it to the job's declaration.")
        return (table,) if isinstance(table, TableSlice) or table in found else found

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
        version = self.record.versions_read.setdefault(spec.name, self.lake.version(spec))
        if RUN_DATE in spec.partition_by and not may_be_empty:
            self._refuse_empty(spec, version, conditions)
        n_rows = self._count(spec, version, conditions)
        if n_rows is not None:
            self.record.rows_read[spec.name] = max(n_rows, self.record.rows_read.get(spec.name, 0))
        return version

    def _count(self, spec: TableSpec, version: int, conditions: tuple[Condition, ...]) -> int | None:
        """Rows of the partitions that the conditions name; None where they name none."""
        on_partitions = tuple(condition for condition in conditions if condition[0] in spec.partition_by)
        return self.lake.count(spec, version, on_partitions) if on_partitions or not conditions else None

    def _refuse_empty(self, spec: TableSpec, version: int, conditions: tuple[Condition, ...]) -> None:
        for one in _each_slice(conditions):
            if self._count(spec, version, one) == 0:
                where = " and ".join(f"{column} {op} {value}" for column, op, value in one if column in spec.partition_by)
                raise StaleInputError(
                    where=f"{self.task.task_id} reads {spec.name}",
                    rule="inputs must be there.",
                    came=f"no rows where {where}, version {version}",
                    do="Run the job that writes it for this run_date first (`tawny plan`).",
                )


def _each_slice(conditions: tuple[Condition, ...]) -> list[tuple[Condition, ...]]:
    """The conditions once for every value of the one that allows several."""
    choices = [(column, one) for column, _, value in conditions if isinstance(value, tuple) for one in value]
    others = tuple(condition for condition in conditions if not isinstance(condition[2], tuple))
    return [(*others, (column, "=", one)) for column, one in choices] or [others]


def open_run(task: Task, run_date: date, env: Env, night: NightSettings, lake: Lake[F]) -> Run[Any, F]:
    """The run of a task, with its settings merged.

    Raises:
        ConfigError: a wrong or unknown setting.
    """
    config = job_config(task.job.config, env, task.name, task.variant)
    return Run(task, run_date, env, night, lake, config)


def execute(run: Run[Any, F], keep: Callable[[Record], None]) -> Record:
    """Run the job's `main`, hand its record to `keep` whether it succeeded or not, and log one closing line."""
    start = time.perf_counter()
    try:
        run.task.main(run)
        _check_written(run)
    except BaseException as exc:
        run.record.status, run.record.error = "failed", f"{type(exc).__name__}: {exc}"[:4000]
        raise
    finally:
        run.record.seconds = round(time.perf_counter() - start, 3)
        keep(run.record)
        logger.info("%s", closing_line(run.record))
    return run.record


def closing_line(record: Record) -> str:
    """The one line that a job leaves in the log."""
    values = {key: getattr(record, key) for key in ("job", "variant", "run_date", "status")}
    values["rows_in"] = sum(record.rows_read.values())
    values["rows_out"] = sum(record.rows_written.values()) - record.n_quarantined
    values["quarantined"] = record.n_quarantined
    values["version"] = ",".join(f"{name}@{v}" for name, v in record.versions_written.items()) or None
    values["seconds"] = record.seconds
    return key_values(values)


def as_row(record: Record) -> dict[str, Any]:
    """The record as a row of runs_v1."""
    return asdict(record)


def _check_written(run: Run[Any, Any]) -> None:
    if spec_of(run.task.writes).name not in run.record.versions_written:
        rule = "a job must write the table it declares."
        raise CheckError(where=run.task.task_id, rule=rule, came="no write", do="Call run.write at the end of main.")


def _new_record(task: Task, run_date: date, night: NightSettings, config: JobConfig) -> Record:
    return Record(
        run_id=uuid.uuid4().hex,
        run_date=run_date,
        job=task.name,
        variant=task.variant,
        config=f'{{"night": {night.model_dump_json()}, "job": {config.model_dump_json()}}}',
        config_hash=config_hash(night, config),
        code_version=code_version(),
        seed=night.seed,
        started_ts=datetime.now(UTC),
    )


@cache
def code_version() -> str:
    """Tawny's version and, in a checkout, the commit (`+dirty` if files differ from it)."""
    folder = Path(__file__).parents[3]
    if not (folder / ".git").exists():
        return tawny.__version__
    described = subprocess.run(
        ["git", "-C", str(folder), "describe", "--always", "--dirty=+dirty", "--abbrev=12", "--exclude=*"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return f"{tawny.__version__}+{described.stdout.strip()}" if described.returncode == 0 else tawny.__version__
