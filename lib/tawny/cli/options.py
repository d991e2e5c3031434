"""The options that several commands share."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer


def day(text: str) -> date:
    """A date written as 1998-04-23, for the parser of an option."""
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(f"a date must be written as YYYY-MM-DD. Received: {text}.") from exc


_RUN_DATE = "The day D the list is for; only events before D 00:00 UTC are seen."

EnvFile = Annotated[
    Path | None,
    typer.Option("--env", metavar="FILE.toml", help="Where tables and landing files are. Default: conf/env/local.toml."),
]
RunDate = Annotated[date, typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help=_RUN_DATE)]
MaybeRunDate = Annotated[
    date | None,
    typer.Option("--run-date", metavar="YYYY-MM-DD", parser=day, help=f"{_RUN_DATE} Default: `run_date` of the env file."),
]
