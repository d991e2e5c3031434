"""`--dry-run`: the merged settings, what a run would read and write. No row is read, nothing is written."""

from typing import TYPE_CHECKING

from tawny.cli.console import console, grid
from tawny.cli.workbench import Workbench
from tawny.core.errors import StaleInputError
from tawny.core.job import Task
from tawny.core.run import open_run
from tawny.core.table import TableRef, TableSlice, spec_of

if TYPE_CHECKING:
    from datetime import date


def show_dry_run(bench: Workbench, task: Task, run_date: "date") -> None:
    """Print what the run would do, from Delta's logs alone.

    Raises:
        ConfigError: a wrong or unknown setting.
    """
    run = open_run(task, run_date, bench.env, bench.night, bench.arrow)
    out = console()
    out.print(f"dry run of {task.task_id} for {run_date} ({task.job.engine}): {task.purpose}")
    for title, settings in (("settings of the job", run.config), ("settings of the night", bench.night)):
        out.print(f"\n{title}: {settings.model_dump_json()}", soft_wrap=True)
    table = grid("", "table", "version", "rows", right=("version", "rows"))
    for ref in task.reads:
        try:
            version, n_rows = run.look(ref)
        except StaleInputError as exc:
            table.add_row("reads", name_of(ref), "", f"missing: {exc.came}")
        else:
            table.add_row("reads", name_of(ref), str(version), "by time" if n_rows is None else f"{n_rows:,}")
    table.add_row("writes", name_of(task.writes), "", spec_of(task.writes).mode)
    out.print(table)
    out.print("Nothing was written.")


def name_of(ref: TableRef) -> str:
    """The table's name, with its slice in brackets."""
    return f"{spec_of(ref).name}[{ref.value}]" if isinstance(ref, TableSlice) else spec_of(ref).name
