"""The commands and their help. Each imports what it needs when it is called."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tawny.cli.options import EnvFile, Language, ListDate, OptionalRunDate, RunDate, day, local_runner
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

First steps: [b]tawny init LANDING[/b] (your own files), [b]tawny check[/b] (can a night run), [b]tawny night[/b] (run it),
[b]tawny show --user ID[/b] (a list).

[b]Exit codes[/b]: 0 done; 1 unexpected; 2 a setting or argument is wrong; 3 a landing file is not what it says;
4 a frame lacks declared columns; 5 a check, audit or gate refused (readers stay on the previous list);
6 an input is not there yet; 7 a training worker died; 130 interrupted, 143 by SIGTERM.
"""


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"tawny {version('tawny')} (deltalake {version('deltalake')}, pyspark {version('pyspark')})")
        raise typer.Exit


@app.callback(help=ABOUT)
def _common(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more, and the traceback of a failure.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Say which version this is.")
    ] = False,
) -> None:
    configure(verbose=verbose)


@app.command("init")
def init_env(
    landing: Annotated[Path, typer.Argument(metavar="LANDING", help="The folder of your files.")],
    env: Annotated[Path, typer.Option("--env", metavar="FILE.toml", help="The env file to write.")] = Path("tawny.toml"),
    root: Annotated[
        str, typer.Option("--root", metavar="LAKE", help="Where the tables go, as seen from the env file.")
    ] = "lake",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the env file.")] = False,
    url: Annotated[
        str | None,
        typer.Option("--from-database", metavar="URL", help="Copy tables into LANDING first; a URL of SQLAlchemy."),
    ] = None,
    tables: Annotated[
        list[str] | None, typer.Option("--table", metavar="NAME", help="Of the database: only this table; may be repeated.")
    ] = None,
) -> None:
    """Look at your files, say what they hold, and write the env file that a night needs.

    It reads CSV of any delimiter, JSON Lines, JSON arrays, Parquet and Delta tables (.gz, .bz2, .zst; Hive folders), at most
    20,000 rows of a source. Orders and their lines in two files are joined into a third. Examples:

        tawny init exports --env shop.toml

        tawny init landing --from-database postgresql+psycopg://reader@db/shop
    """
    from tawny.cli.init import init
    from tawny.runner.manifest import now

    init(landing, env, root, now().date(), force=force, url=url, tables=tuple(tables or ()))


@app.command()
def land(env: EnvFile = None) -> None:
    """Bring what is new into the landing folder: rows of the database, orders joined with their lines.

    What to bring is in the env file ([database], [[joins]]), as `tawny init` writes it. Run it before a night. Example:

        tawny land --env shop.toml
    """
    from tawny.cli.init import land as bring
    from tawny.core.config import load_env

    bring(load_env(env))


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
def check(
    env: EnvFile = None,
    run_date: OptionalRunDate = None,
    max_rows: Annotated[
        int, typer.Option("--max-rows", min=1, metavar="N", help="Of more events a part is read, evenly over the files.")
    ] = 5_000_000,
) -> None:
    """Say in seconds, without Spark, whether a night can run and what it will be able to do.

    Every setting, the machine, every landing file and every row are looked at as the night will: what would stop it, how
    many rows would be refused and why, what the data hold, and whether there is enough to judge lists by. Nothing is
    written. The exit code is that of the first error. Examples:

        tawny check --env my.toml

        tawny check --env my.toml --run-date 2026-11-23
    """
    from tawny.cli.check import check_night

    raise typer.Exit(check_night(local_runner(env), run_date, max_rows))


@app.command()
def night(
    env: EnvFile = None,
    run_date: OptionalRunDate = None,
    first: Annotated[str | None, typer.Option("--from", metavar="JOB", help="Start here; earlier jobs are done.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Run every job, also those that are current.")] = False,
) -> None:
    """Run a whole night: from landing files to published lists.

    It runs the jobs of `tawny plan` that have something to do, in order, in one Spark session, and prints rows, metrics and
    seconds at the end. Where a job fails, no job after it runs, and the lists published before stay published; the same
    command goes on where it stopped. Examples:

        tawny night

        tawny night --run-date 1998-04-23 --from train_als
    """
    from tawny.cli.nights import one_night

    one_night(env, run_date, first, again=again)


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
def plan(
    env: EnvFile = None,
    run_date: Annotated[
        date | None,
        typer.Option(
            "--run-date", metavar="YYYY-MM-DD", parser=day, help="Say what is current for that day, and what is not."
        ),
    ] = None,
) -> None:
    """What a night does: its jobs in order, what each reads and writes; or, for a day, what is left to do and why.

    Example: tawny plan --run-date 1998-04-23
    """
    from tawny.cli.plan import show_plan, show_state

    if run_date:
        show_state(local_runner(env), run_date)
    else:
        show_plan(local_runner(env))


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="Explain this table's columns.")] = None,
    env: EnvFile = None,
    rows: Annotated[
        int | None, typer.Option("--rows", min=1, metavar="N", help="Show at most N of its rows instead (with --where: 20).")
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", metavar="CONDITION", help="Only rows that meet this condition, in SQL.")
    ] = None,
    columns: Annotated[str | None, typer.Option("--columns", metavar="A,B", help="Only these columns of the rows.")] = None,
) -> None:
    """All tables with their rows; one table's columns, key and checks; or some of its rows.

    Examples:

        tawny tables recommendations

        tawny tables events_quarantine --rows 20 --where "reason = 'future'"
    """
    from tawny.cli.tables import show_rows, show_table, show_tables
    from tawny.tables.registry import table

    if name is None and (rows, where, columns) != (None, None, None):
        raise typer.BadParameter("--rows, --where and --columns need the name of a table.")
    if name is None:
        show_tables(local_runner(env))
    elif (rows, where, columns) == (None, None, None):
        show_table(table(name))
    else:
        names = [one.strip() for one in (columns or "").split(",") if one.strip()]
        show_rows(local_runner(env), table(name), where or "true", rows or 20, names)


@app.command()
def show(
    user: Annotated[str, typer.Option("--user", metavar="ID", help="As the landing files name the user.")],
    env: EnvFile = None,
    run_date: ListDate = None,
    language: Language = None,
) -> None:
    """One user's list, and why each item is on it.

    Example: tawny show --user 196
    """
    from tawny.cli.show import show_list

    show_list(local_runner(env), user, run_date, language)


@app.command()
def similar(
    item: Annotated[str, typer.Option("--item", metavar="ID", help="As the landing files name the item.")],
    env: EnvFile = None,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME", help="Whose model: neighbours, als, two_tower, transitions ..."),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many items.")] = 10,
) -> None:
    """The items nearest to one: what a source lists to somebody who only viewed it. The models are the published list's.

    Example: tawny similar --item 50 --source als
    """
    from tawny.cli.similar import show_similar

    show_similar(local_runner(env), item, source, n)


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Appears under this name when it is whole.")],
    env: EnvFile = None,
    file_format: Annotated[
        str | None, typer.Option("--format", metavar="csv|jsonl|parquet", help="Default: by the ending of FILE.")
    ] = None,
    user_file: Annotated[
        Path | None, typer.Option("--user-file", metavar="FILE", help="Only these users, one id a line.")
    ] = None,
    titles: Annotated[bool, typer.Option("--titles", help="With the titles of the items.")] = False,
    per_user: Annotated[bool, typer.Option("--per-user", help="One row per user instead of one per user and rank.")] = False,
    language: Language = None,
) -> None:
    """Write the published lists, with their reasons in words, to one file for a mail tool, a spreadsheet or a database.

    It is the list that readers follow when the command starts, whatever is published meanwhile. Examples:

        tawny export --out lists.csv --titles

        tawny export --out lists.jsonl --per-user --user-file vip.txt --language zh
    """
    from tawny.cli.export import export_lists

    export_lists(local_runner(env), out, file_format, user_file, language, with_titles=titles, per_user=per_user)


@app.command()
def report(
    env: EnvFile = None,
    run_date: Annotated[
        date | None,
        typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help="Default: the env file's, else the newest night."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: reports/<run_date>.html below the tables.")
    ] = None,
) -> None:
    """Write the page of a night: what is worse than before, metrics, data, drift, lists, and the curves of sixty nights.

    It is one HTML file without a network. Without --out the index over nights (reports/index.html) is written too. `tawny
    night` does this at its end. Example:

        tawny report --run-date 1998-04-23 --out night.html
    """
    from tawny.cli.pages import write_page

    typer.echo(write_page(local_runner(env), run_date, out))


@app.command()
def trace(
    user: Annotated[str, typer.Option("--user", metavar="ID", help="As the landing files name the user.")],
    item: Annotated[str, typer.Option("--item", metavar="ID", help="As the landing files name the item.")],
    env: EnvFile = None,
    run_date: ListDate = None,
) -> None:
    """Where one row of a list came from: sources, models, runs, and the events with their files and lines.

    Example: tawny trace --user 196 --item 483
    """
    from tawny.cli.trace import trace_row

    trace_row(local_runner(env), user, item, run_date)


@app.command()
def rollback(
    env: EnvFile = None,
    to: Annotated[str | None, typer.Option("--to", metavar="LIST_ID", help="A list that readers have seen.")] = None,
) -> None:
    """Take back the published list: readers follow the list that they saw before it.

    The list is withdrawn: no rerun publishes it again, only `--to` does. A second rollback goes one list further back. With
    --to, readers follow that list, withdrawn or not, and the lists of later days are withdrawn.
    """
    from tawny.cli.rollback import roll_back

    typer.echo(roll_back(local_runner(env), to))


@app.command()
def maintain(
    env: EnvFile = None,
    run_date: Annotated[
        date | None,
        typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help="Never count days from a later date than that."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")] = False,
    keep_days: Annotated[
        int | None, typer.Option("--keep-days", min=1, metavar="N", help="Keep at most N days, where a table declares more.")
    ] = None,
    grace_hours: Annotated[
        int, typer.Option("--grace-hours", min=0, help="What was written since then stays: a backfill may still run.")
    ] = 24,
) -> None:
    """Keep the tables small: drop old run_dates and lists that were never published, compact small files, remove old ones.

    Days are counted from the newest run_date of a table, at most from the published one. What is published, or can be by a
    rollback, stays. Beside a running night it is safe; with nothing to do it changes nothing. Example:

        tawny maintain --dry-run
    """
    from tawny.cli.maintain import maintain_tables

    maintain_tables(local_runner(env), run_date, keep_days, grace_hours, dry_run=dry_run)


LandedFile = Annotated[
    str, typer.Argument(metavar="FILE", help="Its path below landing, or the first digits of its digest (landings_v1).")
]


@app.command()
def retract(file: LandedFile, env: EnvFile = None, run_date: OptionalRunDate = None) -> None:
    """Take a landed file back: its rows, its quarantine, and its place in the order of delivery.

    What only its copies hid shows again. The file is never read again, even if it stays in landing. Other files that landed
    since are read by the way. Example:

        tawny retract events_2024-02-01.csv
    """
    from tawny.cli.landings import retract

    retract(local_runner(env), file, run_date)


@app.command()
def replay(file: LandedFile, env: EnvFile = None, run_date: OptionalRunDate = None) -> None:
    """Read a landed file again after a fix of settings: from landing, else its refused rows from the quarantine.

    Example: tawny replay events_2024-02-01.csv
    """
    from tawny.cli.landings import replay

    replay(local_runner(env), file, run_date)
