"""Where a process runs tasks: one env, its settings, and one lake per engine for all of them."""

import os
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tawny.core.config import load_env, night_settings
from tawny.core.errors import ConfigError
from tawny.core.job import Task
from tawny.core.run import Record, Run, execute, open_run
from tawny.core.table import TableSpec, spec_of

if TYPE_CHECKING:
    from datetime import date

    from tawny.core.lake import Lake
    from tawny.delta.arrow_io import ArrowLake
    from tawny.delta.spark_io import SparkLake


class Workbench:
    """Runs tasks in this process, or starts their workers.

    Attributes:
        env_file: as given, or None for conf/env/local.toml.
        env: what it says.
        night: the settings that all jobs of a night share.
    """

    def __init__(self, env_file: Path | None = None) -> None:
        """Read the settings; no table is opened and no session started before one is needed.

        Raises:
            ConfigError: a wrong or unknown setting.
        """
        self.env_file = env_file.resolve() if env_file else None
        self.env = load_env(self.env_file)
        self.night = night_settings(self.env)

    @cached_property
    def arrow(self) -> "ArrowLake":
        """The tables, without a JVM."""
        from tawny.delta.arrow_io import ArrowLake

        return ArrowLake(self.env.root)

    @cached_property
    def spark(self) -> "SparkLake":
        """The tables in the one Spark session of this process."""
        from tawny.delta.spark_io import SparkLake

        return SparkLake(self.env)

    def open(self, task: Task, run_date: "date") -> Run[Any, Any]:
        """The run of a task on the lake of its engine.

        Raises:
            ConfigError: a wrong or unknown setting.
        """
        lake: Lake[Any] = self.spark if task.job.engine == "spark" else self.arrow
        return open_run(task, run_date, self.env, self.night, lake)

    def run(self, task: Task, run_date: "date") -> Record:
        """Run a task: in this process, or under horovodrun where the env names more than one worker."""
        n_workers = self.env.horovod.workers
        if task.job.engine == "horovod" and n_workers > 1:
            return self._launch(task, run_date, n_workers)
        return self.run_here(task, run_date)

    def run_here(self, task: Task, run_date: "date") -> Record:
        """Run a task in this process. Of a horovodrun's workers only rank 0 makes tables, keeps the record and logs."""
        from tawny.delta.open import keep_record

        run = self.open(task, run_date)
        if int(os.environ.get("HOROVOD_RANK", "0")) > 0:
            task.main(run)
            return run.record
        self.arrow.ensure(tables_of(task))
        return execute(run, partial(keep_record, self.env))

    def _launch(self, task: Task, run_date: "date", n_workers: int) -> Record:
        from tawny.cli.manifest import newest_record
        from tawny.training.launch import launch

        self.arrow.ensure(tables_of(task))
        arguments = [str(job_file(task)), "--run-date", run_date.isoformat()]
        arguments += ["--variant", task.variant] if task.variant else []
        arguments += ["--env", str(self.env_file)] if self.env_file else []
        launch(arguments, n_workers)
        return newest_record(self.arrow, task, run_date)


def job_file(task: Task) -> Path:
    """The file in jobs/ that holds the task's job.

    Raises:
        ConfigError: the job was not loaded from a file.
    """
    spec = find_spec(f"tawny_jobs.{task.name}")
    if spec is None or spec.origin is None:
        raise ConfigError(where=task.task_id, rule="a job must be a file.", came="none", do="Put it into jobs/.")
    return Path(spec.origin)


def tables_of(task: Task) -> list[TableSpec]:
    """All tables that a run of the task may touch, each once."""
    job = task.job
    refs = [*task.reads, *job.reads_earlier, task.writes, *([job.quarantine] if job.quarantine else [])]
    return list({spec_of(ref).name: spec_of(ref) for ref in refs}.values())
