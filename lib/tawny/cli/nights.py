"""`tawny night` and `tawny backfill`: nights with their display and their closing words."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tawny.cli.console import console
from tawny.cli.night import Night, day_of, run_night, tasks_from
from tawny.cli.progress import progress
from tawny.cli.report import closing, show_failure, show_night
from tawny.cli.workbench import Workbench
from tawny.core.errors import ConfigError
from tawny.core.job import Task

if TYPE_CHECKING:
    from datetime import date


def one_night(env_file: Path | None, run_date: "date | None", first: str | None) -> None:
    """Do one night and print its closing tables.

    Raises:
        TawnyError: as the failed job raised it.
    """
    start = time.perf_counter()
    bench = Workbench(env_file)
    night = Night(day_of(bench, run_date), tasks_from(bench, first))
    _run(bench, night)
    show_night(bench, night, time.perf_counter() - start)


def many_nights(env_file: Path | None, days: Sequence["date"], jobs: Sequence[str] | None) -> None:
    """Do the nights of these days in order, or only some jobs of each; one closing line per day.

    Raises:
        ConfigError: no day, or an unknown job.
        TawnyError: as the failed job raised it; later days are not begun.
    """
    if not days:
        raise ConfigError(where="--to", rule="the last day must not be before the first.", came="it is", do="Exchange them.")
    bench = Workbench(env_file)
    tasks = _chosen(tasks_from(bench, None), jobs)
    for day in days:
        night = Night(day, tasks)
        _run(bench, night)
        seconds = sum(step.seconds for step in night.steps)
        console().print(f"{day}: {len(night.done)} jobs, {seconds:.1f} s")
    if not jobs:
        console().print(closing(bench, night), soft_wrap=True)


def _run(bench: Workbench, night: Night) -> None:
    try:
        with progress(len(night.tasks) + 2) as watch:
            run_night(bench, night, watch)
    except BaseException:
        show_failure(bench, night)
        raise


def _chosen(tasks: tuple[Task, ...], jobs: Sequence[str] | None) -> tuple[Task, ...]:
    """The tasks of these ids or job names, in the night's order."""
    known = {task.task_id for task in tasks} | {task.name for task in tasks}
    if unknown := sorted(set(jobs or ()) - known):
        rule = f"--job must be one of {', '.join(task.task_id for task in tasks)}."
        raise ConfigError(where="--job", rule=rule, came=", ".join(unknown), do="See `tawny plan`.")
    return tuple(task for task in tasks if not jobs or {task.task_id, task.name} & set(jobs))
