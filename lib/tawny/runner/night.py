"""One night: every task of the plan, in order, on one machine and in one Spark session."""

import logging
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

logger = logging.getLogger(__name__)

START_SPARK = "start Spark"

Watch = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Step:
    """One step of a night.

    Attributes:
        name: a task_id, or what the step does where it is no task.
        seconds: of the whole step, with its bookkeeping.
        record: of the task's run; None for a step that is no task, and for a task that had nothing to do.
        is_current: the task had nothing to do: what it writes was made already, from what is there.
    """

    name: str
    seconds: float
    record: Record | None = None
    is_current: bool = False


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
        """The ids of the tasks that succeeded, or had nothing to do."""
        return [step.name for step in self.steps if step.record or step.is_current]

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


@dataclass(frozen=True)
class Planned:
    """A task and why it would run for a day; None where it is current.

    Attributes:
        is_after: it is current, but a task before it would run, and may change what it reads.
    """

    task: Task
    why: str | None
    is_after: bool = False


def planned(runner: LocalRunner, run_date: date) -> list[Planned]:
    """What `run_night` would do for that day, from Delta's logs, the ledger and the names of the landing files alone."""
    plan: list[Planned] = []
    for task in runner.tasks():
        why = runner.why_run(task, run_date)
        before = next((one.task.task_id for one in plan if one.why and task.needs(one.task)), None)
        plan.append(
            Planned(task, why or (f"after {before}" if before else None), is_after=why is None and before is not None)
        )
    return plan


def run_night(runner: LocalRunner, night: Night, watch: Watch, *, again: bool = False) -> None:
    """Run the tasks that have something to do; the first failure is raised unchanged, and no task after it runs.

    Args:
        runner: where to run.
        night: its steps are added as they succeed, so that the caller can report them after a failure.
        watch: called with each step's name; the step runs inside the context that it returns.
        again: run every task, also those that would change nothing.
    """
    _step(night, watch, "create tables", lambda: runner.arrow.ensure(list(all_tables().values())))
    for task in night.tasks:
        start = time.perf_counter()
        why = "asked for" if again else runner.why_run(task, night.run_date)
        if why is None:
            logger.info("%s of %s is current", task.task_id, night.run_date)
            night.steps.append(Step(task.task_id, time.perf_counter() - start, is_current=True))
            continue
        logger.debug("%s of %s runs: %s", task.task_id, night.run_date, why)
        if task.job.engine == "spark" and not any(step.name == START_SPARK for step in night.steps):
            _step(night, watch, START_SPARK, lambda: runner.spark.spark)
        _step(night, watch, task.task_id, partial(runner.run, task, night.run_date))


def _step(night: Night, watch: Watch, name: str, action: Callable[[], object]) -> None:
    start = time.perf_counter()
    with watch(name):
        result = action()
    night.steps.append(Step(name, time.perf_counter() - start, result if isinstance(result, Record) else None))
