"""`tawny plan`, `tawny tables` and `--dry-run`, from the declarations and Delta's logs."""

from datetime import date

from tawny.cli.console import console, grid
from tawny.core.errors import StaleInputError
from tawny.core.table import TableSlice, TableSpec, spec_of
from tawny.runner.local import DryRun, LocalRunner
from tawny.runner.night import planned
from tawny.runner.plan import Task
from tawny.tables.registry import all_tables


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


def show_tables(runner: LocalRunner) -> None:
    """Print every table with its rows, version and size."""
    table = grid("table", "rows", "version", "MB", "files", "partitions", "doc", right=("rows", "version", "MB", "files"))
    for spec in all_tables().values():
        table.add_row(spec.name, *_extent(runner, spec), spec.doc)
    out = console()
    out.print(table)
    out.print(f"under {runner.env.root}", soft_wrap=True)


def show_table(spec: TableSpec) -> None:
    """Print a table's declaration."""
    out = console()
    out.print(f"{spec.name}: {spec.doc}")
    by = ", ".join(spec.partition_by) or "nothing"
    properties = f"key ({', '.join(spec.key)}); {spec.mode}; partitioned by {by}; owner {spec.owner}"
    out.print(f"{properties}; {spec.retention_days} days kept")
    columns = grid("column", "type", "null", "meaning")
    for name, column in spec.columns.items():
        columns.add_row(name, column.type, "may be" if column.nullable else "", column.doc)
    out.print(columns)
    for name, condition in spec.checks.items():
        out.print(f"check {name}: {condition}")


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


def _extent(runner: LocalRunner, spec: TableSpec) -> tuple[str, ...]:
    from tawny.lake.arrow import extent

    try:
        size = extent(runner.arrow, spec)
    except StaleInputError:
        return "", "not there", "", "", ""
    return f"{size.n_rows:,}", str(size.version), f"{size.n_bytes / 1e6:,.1f}", f"{size.n_files:,}", f"{size.n_partitions:,}"
