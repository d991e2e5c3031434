"""One night: every task of the plan, in order, on one machine and in one Spark session."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from tawny.core.errors import ConfigError
from tawny.runner.local import LocalRunner
from tawny.runner.manifest import Record
from tawny.runner.plan import Task
from tawny.tables.registry import all_tables

Watch = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Step:
    """One step of a night.

    Attributes:
        name: a task_id, or what the step does where it is no task.
        seconds: of the whole step, with its bookkeeping.
        record: of the task's run; None for a step that is no task.
    """

    name: str
    seconds: float
    record: Record | None = None


@dataclass
class Night:
    """A night and how far it got.

    Attributes:
        run_date: the day the lists are for.
        tasks: all tasks to run, in order.
        steps: the steps that succeeded, in order.
    """

    run_date: date
    tasks: tuple[Task, ...]
    steps: list[Step] = field(default_factory=list)

    @property
    def done(self) -> list[str]:
        """The ids of the tasks that succeeded."""
        return [step.name for step in self.steps if step.record]

    @property
    def not_done(self) -> list[str]:
        """The ids of the tasks that did not succeed; the first of them failed, if any did."""
        return [task.task_id for task in self.tasks if task.task_id not in self.done]


def tasks_from(runner: LocalRunner, first: str | None) -> tuple[Task, ...]:
    """The tasks of the night in order, from `first` on.

    Raises:
        ConfigError: the night has no such task.
    """
    tasks = runner.tasks()
    ids = [task.task_id for task in tasks]
    if first is not None and first not in ids:
        rule = f"the first task must be one of {', '.join(ids)}."
        raise ConfigError(where="--from", rule=rule, came=first, do="See `tawny plan`.")
    return tasks[ids.index(first) if first else 0 :]


def resolve_run_date(runner: LocalRunner, run_date: date | None) -> date:
    """The given day, else the env file's.

    Raises:
        ConfigError: there is neither; a night never reads the clock.
    """
    resolved = run_date or runner.env.run_date
    if resolved is None:
        rule = "the day must be given: by --run-date, or by `run_date` in the env file."
        raise ConfigError(where="--run-date", rule=rule, came="neither", do="Add --run-date YYYY-MM-DD.")
    return resolved


def run_night(runner: LocalRunner, night: Night, watch: Watch) -> None:
    """Run the night's tasks; the first failure is raised unchanged, and no task after it runs.

    Args:
        runner: where to run.
        night: its steps are added as they succeed, so that the caller can report them after a failure.
        watch: called with each step's name; the step runs inside the context that it returns.
    """
    _step(night, watch, "create tables", lambda: runner.arrow.ensure(list(all_tables().values())))
    if any(task.job.engine == "spark" for task in night.tasks):
        _step(night, watch, "start Spark", lambda: runner.spark.spark)
    for task in night.tasks:
        _step(night, watch, task.task_id, partial(runner.run, task, night.run_date))


def _step(night: Night, watch: Watch, name: str, action: Callable[[], object]) -> None:
    start = time.perf_counter()
    with watch(name):
        result = action()
    night.steps.append(Step(name, time.perf_counter() - start, result if isinstance(result, Record) else None))
