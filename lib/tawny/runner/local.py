"""Runs tasks on this machine, with one env file, its settings, and one lake per engine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tawny.core.config import NightSettings, load_env, night_settings
from tawny.core.errors import StaleInputError
from tawny.core.settings import Settings
from tawny.core.table import TableRef, TableSpec, spec_of
from tawny.core.words import words_of
from tawny.runner.current import why_run
from tawny.runner.horovod import job_arguments, launch
from tawny.runner.manifest import Record, save_record, saved_record
from tawny.runner.plan import Jobs, Task, check_job_settings, check_night, find_task, night_tasks
from tawny.runner.run import Run, execute, open_run
from tawny.runner.signals import on_stop, undisturbed

if TYPE_CHECKING:  # so that `tawny plan` imports neither
    from tawny.lake.arrow import ArrowLake
    from tawny.lake.spark import SparkLake


class LocalRunner:
    """Runs tasks in this process, or starts their workers.

    Attributes:
        jobs: the jobs that it can run, by name.
        env_file: as given, or None for conf/env/local.toml.
        env: the content of the env file.
        night: the settings that all jobs of a night share.
        words: in which reasons are told.
    """

    def __init__(self, jobs: Jobs, env_file: Path | None = None) -> None:
        """Read and check all settings; no table is opened and no session started before one is needed.

        Raises:
            ConfigError: a wrong or unknown setting.
        """
        self.jobs = jobs
        self.env_file = env_file.resolve() if env_file else None
        self.env = load_env(self.env_file)
        self.night: NightSettings = night_settings(self.env)
        self.words = words_of(self.env.language, self.env.words)
        check_job_settings(jobs, self.env)
        check_night(jobs, self.env, self.night)

    @cached_property
    def arrow(self) -> "ArrowLake":
        """The tables, without a JVM."""
        from tawny.lake.arrow import ArrowLake

        return ArrowLake(self.env.root)

    @cached_property
    def spark(self) -> "SparkLake":
        """The tables in the one Spark session of this process."""
        from tawny.lake.spark import SparkLake

        lake = SparkLake(self.env)
        on_stop(lake.cancel)
        return lake

    def task(self, task_id: str) -> Task:
        """The task named `job` or `job.variant`.

        Raises:
            ConfigError: there is none.
        """
        return find_task(self.jobs, task_id, self.night)

    def tasks(self) -> tuple[Task, ...]:
        """The tasks of a night, in order."""
        return night_tasks(self.jobs, self.night)

    def why_run(self, task: Task, run_date: date) -> str | None:
        """Why the task has something to do for that day; None where running it would change nothing.

        Raises:
            ConfigError: a wrong or unknown setting.
        """
        return why_run(task, run_date, self.env, self.night, self.arrow)

    def open(self, task: Task, run_date: date) -> Run[Any, Any]:
        """The run of a task on the lake of its engine.

        Raises:
            ConfigError: a wrong or unknown setting.
        """
        lake: Any = self.spark if task.job.engine == "spark" else self.arrow
        return open_run(task, run_date, self.env, self.night, lake)

    def run(self, task: Task, run_date: date) -> Record:
        """Run a task: in this process, or under horovodrun where the env names more than one worker."""
        n_workers = self._workers(task, run_date)
        if n_workers == 1:
            return self.run_here(task, run_date)
        return self._run_on_workers(task, run_date, n_workers)

    def run_here(self, task: Task, run_date: date, run_id: str | None = None) -> Record:
        """Run a task in this process. Under horovodrun only rank 0 creates tables, saves the record and logs it.

        Args:
            task: the task.
            run_date: the day of the lists.
            run_id: the run's id where a launcher has chosen it; default: a new one.
        """
        run = self.open(task, run_date)
        run.record.run_id = run_id or run.record.run_id
        if int(os.environ.get("HOROVOD_RANK", "0")) > 0:
            task.job.main(run)
            return run.record
        self.arrow.ensure(tables_of(task))
        return execute(run, partial(save_record, self.arrow))

    def _workers(self, task: Task, run_date: date) -> int:
        """How many processes the task takes; of its inputs only their numbers of rows are looked at, in Delta's logs."""
        own = self.env.horovod
        if task.job.engine != "horovod" or own.workers == 1:
            return 1
        rows = [one.n_rows or 0 for one in _inputs(open_run(task, run_date, self.env, self.night, self.arrow))]
        return own.workers if max(rows, default=0) >= own.min_rows else 1

    def _run_on_workers(self, task: Task, run_date: date, n_workers: int) -> Record:
        """Rank 0 saves the record; where the workers could not, because they were killed, it is saved here."""
        record = self.open(task, run_date).record
        self.arrow.ensure(tables_of(task))
        arguments = job_arguments(run_date.isoformat(), task.variant, self.env_file)
        try:
            launch([str(task.job.file), *arguments, "--run-id", record.run_id], n_workers)
            return saved_record(self.arrow, record.run_id)
        except BaseException as exc:
            record.failed(exc)
            with undisturbed():
                save_record(self.arrow, record)
            raise

    def dry_run(self, task: Task, run_date: date) -> "DryRun":
        """What the run would read and write, from Delta's logs alone: no row is read, nothing is written.

        Raises:
            ConfigError: a wrong or unknown setting.
        """
        run = open_run(task, run_date, self.env, self.night, self.arrow)
        return DryRun(task, run_date, run.settings, self.night, tuple(_inputs(run)))


@dataclass(frozen=True)
class DryRunInput:
    """One input of a dry run.

    Attributes:
        version: the one that would be pinned; None where the input is missing.
        n_rows: how many would be read; None where time decides, or the input is missing.
        missing: why it cannot be read.
    """

    table: TableRef
    version: int | None = None
    n_rows: int | None = None
    missing: str | None = None

    @property
    def rows(self) -> str:
        """How many would be read, as text."""
        if self.missing:
            return f"missing: {self.missing}"
        return "by time" if self.n_rows is None else f"{self.n_rows:,}"


@dataclass(frozen=True)
class DryRun:
    """What a run would do."""

    task: Task
    run_date: date
    settings: Settings
    night: NightSettings
    reads: tuple[DryRunInput, ...]

    def __str__(self) -> str:
        """As plain lines."""
        lines = [
            f"dry run of {self.task.task_id} for {self.run_date} ({self.task.job.engine}): {self.task.job.purpose}",
            f"settings of the job: {self.settings.model_dump_json()}",
            f"settings of the night: {self.night.model_dump_json()}",
        ]
        for one in self.reads:
            at = "" if one.version is None else f" version {one.version}"
            lines.append(f"reads {one.table}{at}: {one.rows}")
        return "\n".join([*lines, f"writes {self.task.writes}: {spec_of(self.task.writes).mode}", "Nothing was written."])


def _inputs(run: Run[Any, Any]) -> Iterator[DryRunInput]:
    for ref in run.task.reads:
        try:
            version, n_rows = run.peek(ref)
        except StaleInputError as exc:
            yield DryRunInput(ref, missing=exc.came)
        else:
            yield DryRunInput(ref, version, n_rows)


def tables_of(task: Task) -> list[TableSpec]:
    """All tables that a run of the task may touch, each once."""
    job = task.job
    own = [ref for ref in (task.writes, job.quarantine, job.ledger) if ref]
    refs = [*task.reads, *job.reads_earlier, *own]
    return list({spec_of(ref).name: spec_of(ref) for ref in refs}.values())
