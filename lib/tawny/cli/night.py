"""One night: every task of the plan, in order, on one machine and in one Spark session."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tawny.cli.workbench import Workbench
from tawny.core.errors import ConfigError
from tawny.core.job import Task, all_tasks
from tawny.core.run import Record
from tawny.tables.registry import all_tables

if TYPE_CHECKING:
    from datetime import date

logger = logging.getLogger(__name__)

Watch = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Step:
    """One step of a night.

    Attributes:
        name: a task_id, or what is done besides the tasks.
        seconds: of the whole step, its bookkeeping included.
        record: what the task kept, or None for a step that is no task.
    """

    name: str
    seconds: float
    record: Record | None = None


@dataclass
class Night:
    """What was done, so far.

    Attributes:
        run_date: the day the lists are for.
        tasks: all that had to be done, in order.
        steps: what is done, in order.
    """

    run_date: "date"
    tasks: tuple[Task, ...]
    steps: list[Step] = field(default_factory=list)

    @property
    def done(self) -> list[str]:
        """The ids of the tasks that succeeded."""
        return [step.name for step in self.steps if step.record]

    @property
    def not_done(self) -> list[str]:
        """The ids of the tasks that did not run to their end; the first of them failed, if any did."""
        return [task.task_id for task in self.tasks if task.task_id not in self.done]


def tasks_from(bench: Workbench, first: str | None) -> tuple[Task, ...]:
    """The tasks of the night in order, from `first` on.

    Raises:
        ConfigError: the night has no such task.
    """
    tasks = all_tasks(bench.night)
    ids = [task.task_id for task in tasks]
    if first is not None and first not in ids:
        rule = f"the first task must be one of {', '.join(ids)}."
        raise ConfigError(where="--from", rule=rule, came=first, do="See `tawny plan`.")
    return tasks[ids.index(first) if first else 0 :]


def day_of(bench: Workbench, run_date: "date | None") -> "date":
    """The day given, else the env file's.

    Raises:
        ConfigError: neither says one; a night never asks the clock.
    """
    day = run_date or bench.env.run_date
    if day is None:
        rule = "the day must be given: by --run-date, or by `run_date` in the env file."
        raise ConfigError(where="--run-date", rule=rule, came="neither", do="Add --run-date YYYY-MM-DD.")
    return day


def run_night(bench: Workbench, night: Night, watch: Watch) -> None:
    """Do the night's tasks; the first failure is raised as it came and nothing after it is run.

    Args:
        bench: where to run.
        night: filled in as steps succeed, so that whoever catches a failure can say what was done.
        watch: entered around every step, with its name.
    """
    _step(night, watch, "create tables", lambda: bench.arrow.ensure(list(all_tables().values())))
    if any(task.job.engine == "spark" for task in night.tasks):
        _step(night, watch, "start Spark", lambda: bench.spark.spark)
    for task in night.tasks:
        _step(night, watch, task.task_id, partial(bench.run, task, night.run_date))


def _step(night: Night, watch: Watch, name: str, do: Callable[[], object]) -> None:
    start = time.perf_counter()
    with watch(name):
        result = do()
    night.steps.append(Step(name, time.perf_counter() - start, result if isinstance(result, Record) else None))
