"""`tawny plan` and `tawny tables`: what there is to run and to read, from declarations and Delta's logs."""

from tawny.cli.console import console, grid
from tawny.cli.dry_run import name_of
from tawny.cli.workbench import Workbench
from tawny.core.errors import StaleInputError
from tawny.core.job import Task, all_tasks
from tawny.core.table import TableSlice, TableSpec, spec_of
from tawny.tables.registry import all_tables


def show_plan(bench: Workbench) -> None:
    """Print the tasks of a night in order."""
    table = grid("task", "engine", "reads → writes", "purpose")
    for task in all_tasks(bench.night):
        table.add_row(task.task_id, task.job.engine, f"{_reads(task)} → {name_of(task.writes)}", task.purpose)
    console().print(table)


def show_tables(bench: Workbench) -> None:
    """Print every table, with what lies in it now."""
    table = grid("table", "rows", "version", "MB", "files", "partitions", "doc", right=("rows", "version", "MB", "files"))
    for spec in all_tables().values():
        table.add_row(spec.name, *_extent(bench, spec), spec.doc)
    out = console()
    out.print(table)
    out.print(f"under {bench.env.root}", soft_wrap=True)


def show_table(spec: TableSpec) -> None:
    """Print a table's declaration."""
    out = console()
    out.print(f"{spec.name}: {spec.doc}")
    by = ", ".join(spec.partition_by) or "nothing"
    facts = (
        f"key ({', '.join(spec.key)}); {spec.mode}; partitioned by {by}; owner {spec.owner}; {spec.retention_days} days kept"
    )
    out.print(facts)
    columns = grid("column", "type", "null", "meaning")
    for name, column in spec.columns.items():
        columns.add_row(name, column.type, "may be" if column.nullable else "", column.doc)
    out.print(columns)
    for name, condition in spec.checks.items():
        out.print(f"check {name}: {condition}")


def _reads(task: Task) -> str:
    """The inputs, the slices of a table together."""
    slices: dict[str, list[str]] = {}
    for ref in task.reads:
        slices.setdefault(spec_of(ref).name, []).extend([ref.value] if isinstance(ref, TableSlice) else [])
    names = (f"{name}[{', '.join(values)}]" if values else name for name, values in slices.items())
    return ", ".join(names) or "landing files"


def _extent(bench: Workbench, spec: TableSpec) -> tuple[str, ...]:
    from tawny.delta.extent import extent

    try:
        now = extent(bench.arrow, spec)
    except StaleInputError:
        return "", "not there", "", "", ""
    return f"{now.n_rows:,}", str(now.version), f"{now.n_bytes / 1e6:,.1f}", f"{now.n_files:,}", f"{now.n_partitions:,}"
