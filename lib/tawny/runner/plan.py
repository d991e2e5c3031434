"""The plan of a night: which tasks, in which order. It derives from what the jobs declare.

The jobs are handed in (`load_jobs(tawny_jobs)`), so nothing in the library imports them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

import tawny.features.splits
from tawny.core.config import Env, NightSettings, conf_folder, job_settings
from tawny.core.errors import ConfigError, did_you_mean
from tawny.core.job import STAGES, Job
from tawny.core.registry import declared, declaring
from tawny.core.table import TableRef, TableSlice, overlaps, spec_of
from tawny.tables.nights import NIGHTS
from tawny.tables.registry import table

TARGETS = ("published_v2", "evaluations_v2", "changes_v1", "consistency_v1")
"""A night runs the tasks that these tables need."""

Jobs = Mapping[str, Job]
"""The jobs by name."""


@dataclass(frozen=True)
class Task:
    """A job with its variant filled in: one step of a night.

    Attributes:
        job: its declaration.
        variant: the source, for a job that runs once per source.
        sources: all sources of the night.
    """

    job: Job
    variant: str | None = None
    sources: tuple[str, ...] = ()

    @property
    def task_id(self) -> str:
        """`job` or `job.variant`."""
        return f"{self.job.name}.{self.variant}" if self.variant else self.job.name

    @property
    def reads(self) -> tuple[TableRef, ...]:
        """The declared inputs, with the variant filled in; `{source}` stands for each source of the night.

        Who reads a pinned table reads the version that nights_v1 names.
        """
        declared = tuple(filled for ref in self.job.reads for filled in self._fill(ref))
        is_pinned = any(spec_of(ref).is_pinned for ref in declared) and spec_of(self.job.writes) != NIGHTS
        return (*declared, NIGHTS) if is_pinned else declared

    @property
    def writes(self) -> TableRef:
        """The declared output, with the variant filled in."""
        return self._fill(self.job.writes)[0]

    def needs(self, other: "Task") -> bool:
        """Whether this task reads what `other` writes."""
        return any(overlaps(ref, other.writes) for ref in self.reads)

    def _fill(self, ref: TableRef) -> tuple[TableRef, ...]:
        if not isinstance(ref, TableSlice):
            return (ref,)
        if "{source}" in ref.value:
            return tuple(ref.fill(source=source) for source in self.sources)
        return (ref.fill(variant=self.variant),)


def load_jobs(package: ModuleType) -> dict[str, Job]:
    """The jobs of a package, by name: every file that declares a `JOB`.

    Raises:
        ConfigError: a file's JOB is not a Job.
    """
    return declared(package, "JOB", Job)


def find_task(jobs: Jobs, task_id: str, night: NightSettings) -> Task:
    """The task named `job` or `job.variant`.

    Raises:
        ConfigError: no such job, or a variant where there is none, or none where one is needed.
    """
    name, _, variant = task_id.partition(".")
    if name not in jobs:
        rule = f"the job must be one of {', '.join(jobs)}."
        raise ConfigError(where="jobs", rule=rule, came=task_id, do="See `tawny plan`.")
    job = jobs[name]
    if job.per_source != bool(variant) or (variant and variant not in night.sources):
        sources = ", ".join(night.sources)
        rule = f"it must be named as {name}.<source> ({sources})." if job.per_source else f"{name} has no variants."
        raise ConfigError(where=f"job {name}", rule=rule, came=task_id, do="See `tawny plan`.")
    return Task(job, variant or None, night.sources)


def night_tasks(jobs: Jobs, night: NightSettings) -> tuple[Task, ...]:
    """The tasks of a night, each after all tasks that it needs.

    These are the tasks that TARGETS need, directly or through others; the training job of a source that the night does
    not use is left out.

    Raises:
        ConfigError: jobs need each other in a circle.
    """
    tasks = list(_nightly_tasks(jobs, night))
    wanted = [task for task in tasks if spec_of(task.writes).name in TARGETS]
    for task in wanted:
        wanted += [other for other in tasks if task.needs(other) and other not in wanted]
    return _topological_order(wanted)


def check_job_settings(jobs: Jobs, env: Env) -> None:
    """Refuse settings that nothing would read: an unknown job, variant, key or table, in the env file or in conf/.

    A job file that is run directly loads no other job: for the others it checks that a file of that name lies beside it. A
    job file that a cluster copied elsewhere, without the others, checks its own settings only.

    Raises:
        ConfigError: an unknown name, or all wrong keys and values of one job.
    """
    for name in env.keep_days:
        table(name)
    names = {file.stem for job in jobs.values() for file in job.file.parent.glob("[!_]*.py")} | set(jobs)
    conf_files = {file.stem: str(file) for file in sorted(conf_folder().glob("*.toml")) if file.stem != "nightly"}
    for key, where in {**conf_files, **{key: f"[jobs.{key}]" for key in env.jobs}}.items():
        name, _, variant = key.partition(".")
        if name not in names and len(names) > 1:
            do = did_you_mean(name, names) or "See `tawny plan`."
            raise ConfigError(where=where, rule="settings must be those of a job.", came=name, do=do)
        if name in jobs:
            job_settings(jobs[name].settings, env, name, variant or None)


def check_night(jobs: Jobs, env: Env, night: NightSettings) -> None:
    """Refuse what a job would refuse an hour later: a source without a model, a split or a variant that there is not.

    A job file that is run directly knows of other jobs only by the files beside it; where no `train_<source>` lies there,
    the sources are not checked.

    Raises:
        ConfigError: of the first of them.
    """
    names = {file.stem for job in jobs.values() for file in job.file.parent.glob("[!_]*.py")} | set(jobs)
    trained = sorted(name.removeprefix("train_") for name in names if name.startswith("train_"))
    for source in night.sources if trained else ():
        if source not in trained:
            rule = f"a source must be a model with a job train_<source>: {', '.join(trained)}."
            do = did_you_mean(source, trained) or "Remove it from `sources`, or add the model and its job."
            raise ConfigError(where="[night] sources", rule=rule, came=source, do=do)
    kinds = declaring(tawny.features.splits, "SPLITTER")
    if night.split.kind not in kinds:
        rule = f"kind must be one of {', '.join(kinds)}."
        do = did_you_mean(night.split.kind, kinds) or "Correct it, or add the splitter's file."
        raise ConfigError(where="[night] split", rule=rule, came=f"kind = {night.split.kind}", do=do)
    for key in env.jobs:
        name, _, variant = key.partition(".")
        if variant and name in jobs and (not jobs[name].per_source or variant not in night.sources):
            rule = "settings of a variant are those of a source of the night, of a job that runs once per source."
            came = f"{key} (sources: {', '.join(night.sources)})"
            raise ConfigError(where=f'[jobs."{key}"]', rule=rule, came=came, do="Correct the name: nothing would read it.")


def _nightly_tasks(jobs: Jobs, night: NightSettings) -> Iterator[Task]:
    for job in jobs.values():
        if job.is_nightly and job.per_source:
            yield from (Task(job, source, night.sources) for source in night.sources)
        elif job.is_nightly:
            yield Task(job, None, night.sources)


def _topological_order(tasks: list[Task]) -> tuple[Task, ...]:
    """Among tasks that are ready the earliest stage comes first, then the smallest task_id."""
    waiting = sorted(tasks, key=lambda task: (STAGES.index(task.job.stage), task.task_id))
    ordered: list[Task] = []
    while waiting:
        ready = next((task for task in waiting if not any(task.needs(other) for other in waiting if other != task)), None)
        if ready is None:
            rule = "jobs must not need each other in a circle."
            came = ", ".join(task.task_id for task in waiting)
            raise ConfigError(where="jobs", rule=rule, came=came, do="Declare `reads_earlier` for the older partitions.")
        waiting.remove(ready)
        ordered.append(ready)
    return tuple(ordered)
