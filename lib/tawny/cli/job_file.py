"""What a job file does when it is started itself: by spark-submit, or on every worker of a horovodrun."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tawny.cli.failures import exit_on_failure
from tawny.cli.workbench import Workbench
from tawny.core.job import find_task
from tawny.core.log import configure


def run_file(path: str, arguments: Sequence[str] | None = None) -> None:
    """Run the job of that file in this process, and exit with its code where it fails.

    Args:
        path: the job file's `__file__`.
        arguments: `--run-date D [--variant S] [--env FILE] [--dry-run] [--verbose]`; default: those of the process.
    """
    given = _parser(path).parse_args(arguments)
    configure(verbose=given.verbose)
    with exit_on_failure():
        bench = Workbench(given.env)
        name = Path(path).stem
        task = find_task(f"{name}.{given.variant}" if given.variant else name, bench.night)
        if given.dry_run:
            from tawny.cli.dry_run import show_dry_run

            show_dry_run(bench, task, given.run_date)
        else:
            bench.run_here(task, given.run_date)


def _parser(path: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=Path(path).name, description="One job on one date; see also `tawny run --help`.")
    parser.add_argument("--run-date", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD", help="the list's day")
    parser.add_argument("--variant", help="the source, for a job that runs once per source")
    parser.add_argument("--env", type=Path, metavar="FILE.toml", help="where the tables are; default conf/env/local.toml")
    parser.add_argument("--dry-run", action="store_true", help="say what would be read and written, write nothing")
    parser.add_argument("--verbose", action="store_true", help="log more, and the traceback of a failure")
    return parser
