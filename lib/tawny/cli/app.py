"""The commands, and what they say of themselves. Each imports what it needs when it is called."""

import logging
from typing import Annotated

import typer

from tawny.cli.options import EnvFile, RunDate
from tawny.core.log import configure

logger = logging.getLogger(__name__)

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
