"""The commands, and what they say of themselves. Each imports what it needs when it is called."""

from datetime import date, timedelta
from typing import Annotated

import typer

from tawny.cli.options import EnvFile, MaybeRunDate, RunDate, day
from tawny.core.log import configure

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

ABOUT = """
Batch recommendations: one night makes one ranked, explained, audited list per user.

The first steps: [b]tawny plan[/b] (what a night does), [b]tawny night[/b] (do it), [b]tawny show --user ID[/b] (a list).

[b]Exit codes[/b]: 0 done; 1 unexpected; 2 a setting or argument is wrong; 3 a landing file is not what it says;
4 a frame lacks declared columns; 5 a check, audit or gate refused (readers stay on the previous list);
6 an input is not there yet; 7 a training worker died; 130 interrupted.
"""


@app.callback(help=ABOUT)
def _common(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more, and the traceback of a failure.")] = False,
) -> None:
    configure(verbose=verbose)


@app.command()
def run(
    job: Annotated[str, typer.Argument(metavar="JOB[.VARIANT]", help="As `tawny plan` names it.")],
    run_date: RunDate,
    env: EnvFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read and written; write nothing.")] = False,
) -> None:
    """Run one job for one date.

    Again for the same date it changes nothing. Example:

        tawny run train_als --run-date 1998-04-23 --dry-run
    """
    from tawny.cli.workbench import Workbench
    from tawny.core.job import find_task

    bench = Workbench(env)
    task = find_task(job, bench.night)
    if dry_run:
        from tawny.cli.dry_run import show_dry_run

        show_dry_run(bench, task, run_date)
    else:
        bench.run(task, run_date)


@app.command()
def night(
    env: EnvFile = None,
    run_date: MaybeRunDate = None,
    first: Annotated[str | None, typer.Option("--from", metavar="JOB", help="Start here: all before it is done.")] = None,
) -> None:
    """Do a whole night: from landing files to published lists.

    Every job of `tawny plan`, in order, in one Spark session. It ends with rows, metrics and seconds; where a job fails,
    nothing after it runs and the list published before stays published. Examples:

        tawny night

        tawny night --run-date 1998-04-23 --from train_als
    """
    from tawny.cli.nights import one_night

    one_night(env, run_date, first)


@app.command()
def backfill(
    first: Annotated[date, typer.Option("--from", metavar="YYYY-MM-DD", parser=day, help="The first day.")],
    last: Annotated[date, typer.Option("--to", metavar="YYYY-MM-DD", parser=day, help="The last day, included.")],
    env: EnvFile = None,
    jobs: Annotated[list[str] | None, typer.Option("--job", help="Only this job; may be given again.")] = None,
) -> None:
    """Do the nights of past days, one after the other.

    Only the partitions of those days are written, and the published pointer never moves back. Example:

        tawny backfill --from 1998-04-01 --to 1998-04-07 --job build_catalog
    """
    from tawny.cli.nights import many_nights

    many_nights(env, [first + timedelta(days=n) for n in range((last - first).days + 1)], jobs)


@app.command()
def plan(env: EnvFile = None) -> None:
    """What a night does: its jobs in order, what each reads and writes."""
    from tawny.cli.catalogue import show_plan
    from tawny.cli.workbench import Workbench

    show_plan(Workbench(env))


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="Explain this table's columns.")] = None,
    env: EnvFile = None,
) -> None:
    """All tables with their rows, or one table's columns, key and checks.

    Example: tawny tables recommendations
    """
    from tawny.cli.catalogue import show_table, show_tables
    from tawny.cli.workbench import Workbench
    from tawny.tables.registry import table

    if name:
        show_table(table(name))
    else:
        show_tables(Workbench(env))


@app.command()
def show(
    user: Annotated[str, typer.Option("--user", metavar="ID", help="As the landing files name the user.")],
    env: EnvFile = None,
    run_date: Annotated[
        date | None, typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help="Default: the published day.")
    ] = None,
) -> None:
    """One user's list, and why each item is on it.

    Example: tawny show --user 196
    """
    from tawny.cli.show import show_list
    from tawny.cli.workbench import Workbench

    show_list(Workbench(env), user, run_date)


@app.command()
def rollback(env: EnvFile = None) -> None:
    """Publish the lists that were published before; done twice, all is as it was."""
    from tawny.cli.pointer import roll_back
    from tawny.cli.workbench import Workbench

    was = roll_back(Workbench(env))
    typer.echo(f"Published: {was.previous_run_date}. `tawny rollback` again goes back to {was.run_date}.")
