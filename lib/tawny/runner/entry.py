"""Runs a job file directly (spark-submit, or a worker under horovodrun), and turns failures into exit codes."""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import takewhile
from pathlib import Path

from tawny.core.errors import TawnyError
from tawny.core.job import Job
from tawny.core.log import configure
from tawny.runner.horovod import share_cores
from tawny.runner.local import LocalRunner
from tawny.runner.run import ArrowRun, SparkRun
from tawny.runner.signals import Interrupted, interruption, stop_on_signals

__all__ = ["ArrowRun", "SparkRun", "error_text", "exit_code_for", "exit_on_failure", "run_job"]

logger = logging.getLogger(__name__)

INTERRUPTED = 130
"""The exit code after Ctrl-C."""

_AFTER_A_STOP = "no table was left half-written. Run the same command again."


def run_job(job: Job, arguments: Sequence[str] | None = None) -> None:
    """Run one job in this process, and exit with its code where it fails.

    Args:
        job: the job of the file that was started.
        arguments: `--run-date D [--variant S] [--env FILE] [--run-id ID] [--dry-run] [--verbose]`; default: the process's.
    """
    args = _parser(job).parse_args(arguments)
    configure(verbose=args.verbose)
    if job.engine == "horovod":
        share_cores()
    with exit_on_failure():
        runner = LocalRunner({job.name: job}, args.env)
        task = runner.task(f"{job.name}.{args.variant}" if args.variant else job.name)
        if args.dry_run:
            sys.stdout.write(f"{runner.dry_run(task, args.run_date)}\n")
        else:
            runner.run_here(task, args.run_date, args.run_id)


@contextmanager
def exit_on_failure() -> Iterator[None]:
    """Turn an exception into one `error: ...` message on standard error and an exit code.

    The code is that of the TawnyError; 128 + the signal's number after SIGTERM, Ctrl-C or a closed terminal; else 1.
    The traceback is logged only with --verbose.
    """
    try:
        with stop_on_signals():
            yield
    except KeyboardInterrupt:
        _exit(f"interrupted; {_AFTER_A_STOP}", INTERRUPTED)
    except (Exception, Interrupted) as exc:
        logger.debug("where it was raised:", exc_info=True)
        if stop := interruption(exc):
            _exit(f"interrupted by {stop}; {_AFTER_A_STOP}", stop.exit_code)
        _exit(error_text(exc), exit_code_for(exc))


def exit_code_for(exc: BaseException) -> int:
    """The exit code of this exception."""
    return exc.exit_code if isinstance(exc, TawnyError) else 1


def error_text(exc: BaseException) -> str:
    r"""The exception without the stack of the JVM.

    >>> error_text(ValueError("no such column\n\nJVM stacktrace:\n\tat org.apache"))
    'ValueError: no such column (`tawny --verbose ...` shows where)'
    """
    if isinstance(exc, TawnyError):
        return str(exc)
    lines = takewhile(lambda line: not line.startswith(("\tat ", "JVM stacktrace")), str(exc).splitlines())
    text = " ".join(line.strip() for line in lines if line.strip())
    return f"{type(exc).__name__}: {text} (`tawny --verbose ...` shows where)"


def _exit(text: str, code: int) -> None:
    sys.stderr.write(f"error: {text}\n")
    raise SystemExit(code)


def _parser(job: Job) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=job.file.name, description="One job on one date; see also `tawny run --help`.")
    parser.add_argument(
        "--run-date", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD", help="the day of the lists"
    )
    parser.add_argument("--variant", help="the source, for a job that runs once per source")
    parser.add_argument("--env", type=Path, metavar="FILE.toml", help="where the tables are; default conf/env/local.toml")
    parser.add_argument("--run-id", metavar="ID", help="the run's id in the manifest; default: a new one")
    parser.add_argument("--dry-run", action="store_true", help="say what would be read and written, write nothing")
    parser.add_argument("--verbose", action="store_true", help="log more, and the traceback of a failure")
    return parser
