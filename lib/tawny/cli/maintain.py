"""`tawny maintain`: drop what nothing needs, compact small files, remove old ones; a line per table."""

import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tawny.cli.console import console, grid
from tawny.core.errors import StaleInputError
from tawny.runner.local import LocalRunner
from tawny.tables.published import PUBLISHED
from tawny.tables.registry import all_tables
from tawny.tables.registry import table as table_of

if TYPE_CHECKING:
    from tawny.lake.maintenance import Kept, Maintained


def maintain_tables(
    runner: LocalRunner, run_date: date | None, keep_days: int | None, grace_hours: int, *, dry_run: bool
) -> None:
    """Maintain all tables and print what was done, or would be done.

    Args:
        runner: of the env file.
        run_date, keep_days, grace_hours, dry_run: as lake.maintenance.Policy explains them.

    Raises:
        ConfigError: `[keep_days]` names no table.
        SchemaError: a table cannot be brought to its declaration.
    """
    from tawny.lake.maintenance import Policy, maintain

    of_table = {table_of(name).name: days for name, days in runner.env.keep_days.items()}
    policy = Policy(run_date, keep_days, of_table, timedelta(hours=grace_hours), dry_run)
    of_run_date = {"run_date": run_date.isoformat()} if run_date else {}
    note = {"job": "maintain", "run_id": uuid.uuid4().hex, **of_run_date}
    numbers = ("partitions dropped", "files before", "after", "MB before", "MB after", "old files removed")
    table = grid("table", *numbers, "left to the next call", right=numbers)
    for done in maintain(runner.arrow, all_tables().values(), note, kept(runner), policy):
        table.add_row(*_cells(done))
    out = console()
    out.print(table)
    if dry_run:
        out.print("Nothing was changed.")


def kept(runner: LocalRunner) -> "Kept":
    """What published_v2 keeps, whatever its age."""
    from tawny.lake.maintenance import NOTHING, kept_lists

    try:
        version = runner.arrow.version(PUBLISHED)
    except StaleInputError:  # no night yet
        return NOTHING
    return kept_lists(runner.arrow.read(PUBLISHED, version, ()))


def _cells(done: "Maintained") -> tuple[str, ...]:
    files, sizes = (f"{n:,}" for n in done.n_files), (f"{n / 1e6:,.1f}" for n in done.n_bytes)
    return done.table, str(len(done.dropped)), *files, *sizes, str(done.n_removed), ", ".join(done.skipped)
