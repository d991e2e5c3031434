"""`tawny plan` and `--dry-run`, from the declarations and Delta's logs."""

from datetime import date

from tawny.cli.console import console, grid
from tawny.core.table import TableSlice, spec_of
from tawny.runner.local import DryRun, LocalRunner
from tawny.runner.night import planned
from tawny.runner.plan import Task


def show_plan(runner: LocalRunner) -> None:
    """Print the tasks of a night in order."""
    table = grid("stage", "task", "engine", "reads → writes", "purpose")
    stage = ""
    for task in runner.tasks():
        first = "" if task.job.stage == stage else task.job.stage
        stage = task.job.stage
        table.add_row(first, task.task_id, task.job.engine, f"{_reads(task)} → {task.writes}", task.job.purpose)
    console().print(table)


def show_state(runner: LocalRunner, run_date: date) -> None:
    """Print for every task of the night of a day whether it is current, or why it would run."""
    plan = planned(runner, run_date)
    table = grid("task", "state", "why")
    for one in plan:
        state = "current" if one.why is None else "may run" if one.is_after else "runs"
        table.add_row(one.task.task_id, state, one.why or "")
    console().print(table)
    n_runs = sum(one.why is not None for one in plan)
    do = f"`tawny night --run-date {run_date}` runs {n_runs} of {len(plan)} tasks" if n_runs else "Nothing to do"
    console().print(f"{do}. What another task may change runs only if it did.")


def show_dry_run(dry_run: DryRun) -> None:
    """Print what a run would do."""
    task, out = dry_run.task, console()
    out.print(f"dry run of {task.task_id} for {dry_run.run_date} ({task.job.engine}): {task.job.purpose}")
    for title, settings in (("settings of the job", dry_run.settings), ("settings of the night", dry_run.night)):
        out.print(f"\n{title}: {settings.model_dump_json()}", soft_wrap=True)
    table = grid("", "table", "version", "rows", right=("version", "rows"))
    for one in dry_run.reads:
        table.add_row("reads", str(one.table), "" if one.version is None else str(one.version), one.rows)
    table.add_row("writes", str(task.writes), "", spec_of(task.writes).mode)
    out.print(table)
    out.print("Nothing was written.")


def _reads(task: Task) -> str:
    """The inputs, with the slices of a table together."""
    slices: dict[str, list[str]] = {}
    for ref in task.reads:
        slices.setdefault(spec_of(ref).name, []).extend([ref.value] if isinstance(ref, TableSlice) else [])
    names = (f"{name}[{', '.join(values)}]" if values else name for name, values in slices.items())
    return ", ".join(names) or "landing files"
