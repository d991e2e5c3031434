"""The options that several commands share, and the runner of an env file."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

import tawny_jobs
from tawny.runner.local import LocalRunner
from tawny.runner.plan import load_jobs


def day(text: str) -> date:
    """Parse a date option, written as 1998-04-23."""
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(f"a date must be written as YYYY-MM-DD. Received: {text}.") from exc


_RUN_DATE = "The day D of the lists; only events before D 00:00 UTC are used."

EnvFile = Annotated[
    Path | None,
    typer.Option("--env", metavar="FILE.toml", help="Where tables and landing files are. Default: conf/env/local.toml."),
]
Language = Annotated[
    str | None,
    typer.Option("--language", metavar="en|zh", help="Of the reasons. Default: the env file's."),
]
RunDate = Annotated[date, typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help=_RUN_DATE)]
OptionalRunDate = Annotated[
    date | None,
    typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help=f"{_RUN_DATE} Default: `run_date` of the env file."),
]
ListDate = Annotated[
    date | None,
    typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help="Its newest list. Default: the published list."),
]


def local_runner(env_file: Path | None) -> LocalRunner:
    """A runner of all jobs on this machine.

    Raises:
        ConfigError: a wrong or unknown setting.
    """
    return LocalRunner(load_jobs(tawny_jobs), env_file)
