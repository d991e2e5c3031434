"""The manifest: the record of every run, in runs_v2."""

import hashlib
import subprocess
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tawny
from tawny.core.config import NightSettings, config_hash
from tawny.core.digest import ID_LENGTH
from tawny.core.errors import WorkerError
from tawny.core.log import key_values
from tawny.core.settings import Settings
from tawny.runner.plan import Task
from tawny.runner.signals import interruption
from tawny.tables.runs import RUNS

if TYPE_CHECKING:  # so that planning imports no pyarrow
    from tawny.lake.arrow import ArrowLake


# Packages of the library that decide nothing that is written.
_NO_RESULT = ("cli", "report", "testing")

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
    code_digest: str
    seed: int
    started_ts: datetime
    status: str = STARTED
    error: str | None = None
    seconds: float = 0.0
    peak_memory_bytes: int | None = None
    night_id: str | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    versions_read: dict[str, int] = field(default_factory=dict)
    versions_written: dict[str, int] = field(default_factory=dict)
    rows_read: dict[str, int] = field(default_factory=dict)
    rows_written: dict[str, int] = field(default_factory=dict)
    n_quarantined: int = 0

    @property
    def who(self) -> dict[str, str]:
        """What every commit of the run says of it."""
        of_variant = {"variant": self.variant} if self.variant else {}
        return {"run_id": self.run_id, "job": self.job, "run_date": self.run_date.isoformat(), **of_variant}

    @property
    def note(self) -> dict[str, Any]:
        """`who`, and what decided the rows that the run writes."""
        made_from = {"inputs": self.inputs, "settings": self.config_hash, "code": self.code_digest}
        return {**self.who, **made_from, **({"night": self.night_id} if self.night_id else {})}

    def failed(self, exc: BaseException) -> None:
        """Note how the run failed; where clean-up failed after a signal, the signal."""
        cause = interruption(exc) or exc
        self.status, self.error = "failed", f"{type(cause).__name__}: {cause}"[:4000]


def now() -> datetime:
    """The instant, UTC. Nothing else reads the clock, so that no row depends on when it was made."""
    return datetime.now(UTC)


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
        code_digest=code_digest(task.job.file),
        seed=night.seed,
        started_ts=now(),
    )


def save_record(lake: "ArrowLake", record: Record) -> None:
    """Append the record to runs_v2, once when the run begins and once when it ends: of two ends the first stays."""
    import pyarrow as pa

    from tawny.lake.schema import arrow_schema

    lake.ensure([RUNS])
    row = pa.Table.from_pylist([asdict(record)], schema=arrow_schema(RUNS))
    moment = STARTED if record.status == STARTED else "ended"
    lake.write(RUNS, row, {}, f"{RUNS.name}/{record.run_id}/{moment}", record.who)


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


def code_digest(job_file: Path) -> str:
    """What decides what a job writes: a digest of the library's sources, and one of the job's own file."""
    own = hashlib.sha256(job_file.read_bytes() if job_file.exists() else b"").hexdigest()
    return f"{_sources_digest()}.{own[:8]}"


def sources_of(code: str) -> str:
    """Of a code_digest the part that all jobs share.

    >>> sources_of("d43c3d3faf4cc1ec.54b54709")
    'd43c3d3faf4cc1ec'
    """
    return code.partition(".")[0]


@cache
def _sources_digest() -> str:
    folder = Path(tawny.__file__).parent
    sha256 = hashlib.sha256(tawny.__version__.encode())  # all there is where the sources are not files, as in a zip
    for file in sorted(folder.rglob("*.py")):
        if file.relative_to(folder).parts[0] not in _NO_RESULT:
            sha256.update(f"{file.relative_to(folder)} {file.stat().st_size};".encode() + file.read_bytes())
    return sha256.hexdigest()[:ID_LENGTH]
