"""`tawny night` and `tawny backfill`: run nights, show their progress, and print their results."""

import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tawny.cli.check import before_night
from tawny.cli.console import console
from tawny.cli.options import local_runner
from tawny.cli.pages import page_after_failure, page_text
from tawny.cli.progress import progress
from tawny.cli.report import closing_text, show_failure, show_night
from tawny.core.errors import ConfigError
from tawny.runner.local import LocalRunner
from tawny.runner.night import Night, resolve_run_date, run_night, tasks_from
from tawny.runner.plan import Task


def one_night(env_file: Path | None, run_date: date | None, first: str | None, *, again: bool = False) -> None:
    """Run one night, print its tables and write its page.

    Raises:
        TawnyError: as the failed job raised it.
    """
    start = time.perf_counter()
    runner = local_runner(env_file)
    night = Night(resolve_run_date(runner, run_date), tasks_from(runner, first))
    before_night(runner)
    _run(runner, night, again=again)
    show_night(runner, night, time.perf_counter() - start)
    console().print(page_text(runner, night.run_date), soft_wrap=True)


def many_nights(env_file: Path | None, days: Sequence[date], jobs: Sequence[str] | None) -> None:
    """Run the nights of these days in order, or only some jobs of each, and print a line per day.

    Raises:
        ConfigError: no day, or an unknown job.
        TawnyError: as the failed job raised it; later days are not started.
    """
    if not days:
        raise ConfigError(
            where="--to", rule="the last day must not be before the first.", came="an earlier one", do="Swap the dates."
        )
    runner = local_runner(env_file)
    tasks = _chosen(tasks_from(runner, None), jobs)
    before_night(runner)
    for day in days:
        night = Night(day, tasks)
        _run(runner, night)
        seconds = sum(step.seconds for step in night.steps)
        n_run = sum(step.record is not None for step in night.steps)
        console().print(f"{day}: {n_run} jobs run, {len(night.done) - n_run} current, {seconds:.1f} s")
        if not jobs:
            console().print(page_text(runner, day), soft_wrap=True)
    if not jobs:
        console().print(closing_text(runner, night), soft_wrap=True)


def _run(runner: LocalRunner, night: Night, *, again: bool = False) -> None:
    try:
        with progress(len(night.tasks) + 2) as watch:
            run_night(runner, night, watch, again=again)
    except BaseException as exc:
        show_failure(runner, night, exc)
        # After a signal, which is no Exception, nobody waits for a page.
        if isinstance(exc, Exception) and (page := page_after_failure(runner, night.run_date)):
            sys.stderr.write(f"{page}\n")
        raise


def _chosen(tasks: tuple[Task, ...], jobs: Sequence[str] | None) -> tuple[Task, ...]:
    """The tasks of these ids or job names, in the night's order."""
    known = {task.task_id for task in tasks} | {task.job.name for task in tasks}
    if unknown := sorted(set(jobs or ()) - known):
        rule = f"--job must be one of {', '.join(task.task_id for task in tasks)}."
        raise ConfigError(where="--job", rule=rule, came=", ".join(unknown), do="See `tawny plan`.")
    return tuple(task for task in tasks if not jobs or {task.task_id, task.job.name} & set(jobs))
