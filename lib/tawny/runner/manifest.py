"""The manifest: the record of every run, in runs_v2."""

import subprocess
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tawny
from tawny.core.config import NightSettings, Settings, config_hash
from tawny.core.errors import StaleInputError, WorkerError
from tawny.core.log import key_values
from tawny.core.table import TableSpec
from tawny.lake.base import Conditions, Lake
from tawny.runner.plan import Task
from tawny.runner.signals import interruption
from tawny.tables.runs import RUNS

if TYPE_CHECKING:  # so that planning imports no pyarrow
    from tawny.lake.arrow import ArrowLake


_MAX_RUNS = 20_000_000

STARTED = "started"
"""The status of a run that has not ended."""


@dataclass
class Record:
    """The record of a run; the fields are the columns of runs_v2."""

    run_id: str
    run_date: date
    job: str
    variant: str | None
    config: str
    config_hash: str
    code_version: str
    seed: int
    started_ts: datetime
    status: str = STARTED
    error: str | None = None
    seconds: float = 0.0
    versions_read: dict[str, int] = field(default_factory=dict)
    versions_written: dict[str, int] = field(default_factory=dict)
    rows_read: dict[str, int] = field(default_factory=dict)
    rows_written: dict[str, int] = field(default_factory=dict)
    n_quarantined: int = 0

    @property
    def note(self) -> dict[str, str]:
        """What every commit of the run says of it."""
        of_variant = {"variant": self.variant} if self.variant else {}
        return {"run_id": self.run_id, "job": self.job, "run_date": self.run_date.isoformat(), **of_variant}

    def failed(self, exc: BaseException) -> None:
        """Note how the run failed; where clean-up failed after a signal, the signal."""
        cause = interruption(exc) or exc
        self.status, self.error = "failed", f"{type(cause).__name__}: {cause}"[:4000]


def new_record(task: Task, run_date: date, night: NightSettings, settings: Settings) -> Record:
    """The record of a run that begins now."""
    return Record(
        run_id=uuid.uuid4().hex,
        run_date=run_date,
        job=task.job.name,
        variant=task.variant,
        config=f'{{"night": {night.model_dump_json()}, "job": {settings.model_dump_json()}}}',
        config_hash=config_hash(night, settings),
        code_version=code_version(),
        seed=night.seed,
        started_ts=datetime.now(UTC),
    )


def save_record(lake: "ArrowLake", record: Record) -> None:
    """Append the record to runs_v2, once when the run begins and once when it ends: of two ends the first stays."""
    import pyarrow as pa

    from tawny.lake.schema import arrow_schema

    lake.ensure([RUNS])
    row = pa.Table.from_pylist([asdict(record)], schema=arrow_schema(RUNS))
    moment = STARTED if record.status == STARTED else "ended"
    lake.write(RUNS, row, {}, f"{RUNS.name}/{record.run_id}/{moment}", record.note)


def saved_record(lake: "ArrowLake", run_id: str) -> Record:
    """The record of a run that has ended, which another process saved.

    Raises:
        WorkerError: there is none: the workers ended without saving it.
    """
    lake.ensure([RUNS])
    rows = lake.read(RUNS, lake.version(RUNS), (("run_id", "=", run_id),)).to_pylist()
    ended = [row for row in rows if row["status"] != STARTED]
    if not ended:
        rule, came = "the workers must save the record of their run.", f"{len(rows)} rows of run {run_id} in {RUNS.name}"
        raise WorkerError(where="training", rule=rule, came=came, do="Read the workers' output above.")
    maps = {name: dict(ended[0][name]) for name, column in RUNS.columns.items() if column.type.startswith("map<")}
    return Record(**{**ended[0], **maps})


def was_written(lake: Lake[Any], spec: TableSpec, run_date: date, slice_: str | None) -> bool:
    """Whether a run of run_date has written the table, or the slice of a per-source job, though no row is in it."""
    try:
        version = lake.version(RUNS)
    except StaleInputError:
        return False
    where: Conditions = (("run_date", "=", run_date), ("status", "=", "succeeded"))
    rows = lake.read_arrow(RUNS, version, where, _MAX_RUNS).select(["variant", "versions_written"]).to_pylist()
    return any(spec.name in dict(row["versions_written"]) and slice_ in (None, row["variant"]) for row in rows)


def closing_line(record: Record) -> str:
    """The line that a job logs when it ends."""
    values = {key: getattr(record, key) for key in ("job", "variant", "run_date", "status")}
    values["rows_in"] = sum(record.rows_read.values())
    values["rows_out"] = sum(record.rows_written.values()) - record.n_quarantined
    values["quarantined"] = record.n_quarantined
    values["version"] = ",".join(f"{name}@{v}" for name, v in record.versions_written.items()) or None
    values["seconds"] = record.seconds
    return key_values(values)


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
