"""A job: one file in jobs/ that reads tables and writes one. Everything else derives from its declaration."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Literal

from tawny.core.config import JobConfig, NightSettings
from tawny.core.errors import ConfigError
from tawny.core.table import TableRef, TableSlice, overlaps, spec_of

Engine = Literal["spark", "arrow", "horovod"]
TARGETS = ("published_v1", "evaluations_v1")


@dataclass(frozen=True)
class Job:
    """The declaration that a job file holds as `JOB`.

    Attributes:
        writes: the one table (or slice) it writes.
        reads: what `run.read` may read; also the edges of the DAG.
        reads_earlier: tables of which it reads partitions of earlier run_dates only; no edge.
        quarantine: where refused rows go, for ingest jobs.
        engine: `spark` in a Spark session; `arrow` without a JVM; `horovod` on every worker of a horovodrun.
        config: the class of its settings.
        per_source: one task for every source of the night; the source is the task's variant.
        retries, timeout_minutes: for the scheduler.
    """

    writes: TableRef
    reads: tuple[TableRef, ...] = ()
    reads_earlier: tuple[TableRef, ...] = ()
    quarantine: TableRef | None = None
    engine: Engine = "spark"
    config: type[JobConfig] = JobConfig
    per_source: bool = False
    owner: str = "recommendations"
    retries: int = 2
    timeout_minutes: int = 120


@dataclass(frozen=True)
class Task:
    """A job with its variant filled in: what the night orders and a run executes."""

    name: str
    variant: str | None
    job: Job
    purpose: str
    sources: tuple[str, ...] = ()

    @property
    def task_id(self) -> str:
        """`job` or `job.variant`."""
        return f"{self.name}.{self.variant}" if self.variant else self.name

    @property
    def reads(self) -> tuple[TableRef, ...]:
        """The declared inputs, with the variant filled in; `{source}` stands for each source of the night."""
        return tuple(filled for ref in self.job.reads for filled in _fill(ref, self.variant, self.sources))

    @property
    def writes(self) -> TableRef:
        """The declared output, with the variant filled in."""
        return _fill(self.job.writes, self.variant, ())[0]

    @property
    def main(self) -> Callable[[Any], None]:
        """The job file's `main`."""
        main: Callable[[Any], None] = _module(self.name).main
        return main

    def needs(self, other: "Task") -> bool:
        """Whether this task reads what `other` writes."""
        return any(overlaps(ref, other.writes) for ref in self.reads)


def _fill(ref: TableRef, variant: str | None, sources: tuple[str, ...]) -> tuple[TableRef, ...]:
    if not isinstance(ref, TableSlice):
        return (ref,)
    if "{source}" in ref.value:
        return tuple(ref.of(source=source) for source in sources)
    return (ref.of(variant=variant),)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tawny_jobs.{name}")


@cache
def job_names() -> tuple[str, ...]:
    """The names of all job files, sorted."""
    package = importlib.import_module("tawny_jobs")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))


def find_task(task_id: str, night: NightSettings) -> Task:
    """The task named `job` or `job.variant`.

    Raises:
        ConfigError: no such job, or a variant where there is none, or none where one is needed.
    """
    name, _, variant = task_id.partition(".")
    if name not in job_names():
        rule = f"the job must be one of {', '.join(job_names())}."
        raise ConfigError(where="jobs", rule=rule, came=task_id, do="See `tawny plan`.")
    job: Job = _module(name).JOB
    if job.per_source != bool(variant) or (variant and variant not in night.sources):
        sources = ", ".join(night.sources)
        rule = f"it must be named as {name}.<source> ({sources})." if job.per_source else f"{name} has no variants."
        raise ConfigError(where=f"job {name}", rule=rule, came=task_id, do="See `tawny plan`.")
    return _task(name, variant or None, night)


def all_tasks(night: NightSettings) -> tuple[Task, ...]:
    """The tasks of a night in an order in which each comes after all it needs.

    They are the tasks that the published pointer and the evaluations need, directly or through others: the training job of
    a source that the night does not use is left out.
    """
    tasks = list(_expand(night))
    wanted = [task for task in tasks if spec_of(task.writes).name in TARGETS]
    for task in wanted:
        wanted += [other for other in tasks if task.needs(other) and other not in wanted]
    return _in_order(wanted)


def _task(name: str, variant: str | None, night: NightSettings) -> Task:
    module = _module(name)
    doc = (module.__doc__ or "").strip().splitlines()
    return Task(name, variant, module.JOB, doc[0] if doc else "", night.sources)


def _expand(night: NightSettings) -> Iterator[Task]:
    for name in job_names():
        if _module(name).JOB.per_source:
            yield from (_task(name, source, night) for source in night.sources)
        else:
            yield _task(name, None, night)


def _in_order(tasks: list[Task]) -> tuple[Task, ...]:
    """Topological order; among ready tasks, the alphabetical first."""
    waiting = sorted(tasks, key=lambda task: task.task_id)
    done: list[Task] = []
    while waiting:
        ready = next((task for task in waiting if not any(task.needs(other) for other in waiting if other != task)), None)
        if ready is None:
            rule = "jobs must not need each other in a circle."
            came = ", ".join(task.task_id for task in waiting)
            raise ConfigError(where="jobs", rule=rule, came=came, do="Declare `reads_earlier` for the older partitions.")
        waiting.remove(ready)
        done.append(ready)
    return tuple(done)
