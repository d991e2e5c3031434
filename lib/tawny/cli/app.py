"""The commands and their help. Each imports what it needs when it is called."""

from datetime import date, timedelta
from typing import Annotated

import typer

from tawny.cli.options import EnvFile, OptionalRunDate, RunDate, day, local_runner
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

First steps: [b]tawny plan[/b] (what a night does), [b]tawny night[/b] (run it), [b]tawny show --user ID[/b] (a list).

[b]Exit codes[/b]: 0 done; 1 unexpected; 2 a setting or argument is wrong; 3 a landing file is not what it says;
4 a frame lacks declared columns; 5 a check, audit or gate refused (readers stay on the previous list);
6 an input is not there yet; 7 a training worker died; 130 interrupted, 143 by SIGTERM.
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

    Running it again for the same date changes nothing. Example:

        tawny run train_als --run-date 1998-04-23 --dry-run
    """
    runner = local_runner(env)
    task = runner.task(job)
    if dry_run:
        from tawny.cli.plan import show_dry_run

        show_dry_run(runner.dry_run(task, run_date))
    else:
        runner.run(task, run_date)


@app.command()
def night(
    env: EnvFile = None,
    run_date: OptionalRunDate = None,
    first: Annotated[str | None, typer.Option("--from", metavar="JOB", help="Start here; earlier jobs are done.")] = None,
) -> None:
    """Run a whole night: from landing files to published lists.

    It runs every job of `tawny plan`, in order, in one Spark session, and prints rows, metrics and seconds at the end. Where
    a job fails, no job after it runs, and the lists published before stay published. Examples:

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
    jobs: Annotated[list[str] | None, typer.Option("--job", help="Only this job; may be repeated.")] = None,
) -> None:
    """Run the nights of past days, one after the other.

    Only the partitions of those days are written, and the published pointer never moves back. Example:

        tawny backfill --from 1998-04-01 --to 1998-04-07 --job build_catalog
    """
    from tawny.cli.nights import many_nights

    many_nights(env, [first + timedelta(days=n) for n in range((last - first).days + 1)], jobs)


@app.command()
def plan(env: EnvFile = None) -> None:
    """What a night does: its jobs in order, what each reads and writes."""
    from tawny.cli.plan import show_plan

    show_plan(local_runner(env))


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="Explain this table's columns.")] = None,
    env: EnvFile = None,
) -> None:
    """All tables with their rows, or one table's columns, key and checks.

    Example: tawny tables recommendations
    """
    from tawny.cli.plan import show_table, show_tables
    from tawny.tables.registry import table

    if name:
        show_table(table(name))
    else:
        show_tables(local_runner(env))


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

    show_list(local_runner(env), user, run_date)


@app.command()
def rollback(env: EnvFile = None) -> None:
    """Publish the lists that were published before. A second rollback undoes the first.

    The same as `tawny run roll_back --run-date D`, where D is the day that was published before.
    """
    from tawny.publish.pointer import published_pointer, rollback_date

    runner = local_runner(env)
    run_date = rollback_date(published_pointer(runner.arrow))
    runner.run(runner.task("roll_back"), run_date)
    pointer = published_pointer(runner.arrow)
    previous = pointer.previous_run_date if pointer else None
    typer.echo(f"Published: {run_date}. `tawny rollback` again goes back to {previous}.")
