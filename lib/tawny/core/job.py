"""A job: one file in jobs/ that reads tables and writes one. The plan, the DAG, the dry run and lineage derive from it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from tawny.core.settings import Settings
from tawny.core.table import TableRef

Engine = Literal["spark", "arrow", "horovod"]
Stage = Literal["ingest", "features", "training", "candidates", "ranking", "evaluation", "publishing", "checking"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""In the order of the night."""


@dataclass(frozen=True)
class Job:
    """The declaration that a job file holds as `JOB`.

    Attributes:
        main: what the job does, given its run (runner/run.py).
        stage: its part of the night.
        writes: the one table (or slice) it writes.
        reads: what `run.read` may read; the edges of the DAG follow from it.
        reads_earlier: tables of which it reads only partitions of earlier run_dates; these give no edge.
        quarantine: where refused rows go, for ingest jobs.
        ledger: the small table in which a job that reads landing files keeps which files it has read.
        engine: `spark` in a Spark session; `arrow` without a JVM; `horovod` on every worker of a horovodrun.
        settings: the class of its settings, `[jobs.<name>]` of the env file.
        per_source: one task for every source of the night; the source is the task's variant.
        is_nightly: False for a job that is only started by hand.
        owner: the team that answers for it.
        retries, timeout_minutes: for the scheduler.
    """

    main: Callable[[Any], None]
    stage: Stage
    writes: TableRef
    reads: tuple[TableRef, ...] = ()
    reads_earlier: tuple[TableRef, ...] = ()
    quarantine: TableRef | None = None
    ledger: TableRef | None = None
    engine: Engine = "spark"
    settings: type[Settings] = Settings
    per_source: bool = False
    is_nightly: bool = True
    owner: str = "recommendations"
    retries: int = 2
    timeout_minutes: int = 120

    @property
    def file(self) -> Path:
        """The file in jobs/ that declares it, for spark-submit and horovodrun."""
        return Path(self.main.__code__.co_filename)

    @property
    def name(self) -> str:
        """The name of its file, also where the file is run directly."""
        return self.file.stem

    @property
    def purpose(self) -> str:
        """The first line of its file."""
        return (self.main.__globals__["__doc__"] or "").strip().partition("\n")[0]
