"""What published_v1 says, and its way back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tawny.cli.workbench import Workbench
from tawny.core.errors import StaleInputError
from tawny.core.job import Job, Task
from tawny.core.run import Run
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tawny.delta.arrow_io import ArrowLake

MAIN = "main"


@dataclass(frozen=True)
class Pointer:
    """The published day, and the day that was published before it."""

    run_date: "date"
    previous_run_date: "date | None"
    model_version: str


def published(lake: "ArrowLake") -> Pointer | None:
    """Where the pointer stands; None where nothing was ever published.

    Raises:
        StaleInputError: there is no such table.
    """
    rows = lake.read(PUBLISHED, lake.version(PUBLISHED), (("list", "=", MAIN),)).to_pylist()
    return Pointer(rows[0]["run_date"], rows[0]["previous_run_date"], rows[0]["model_version"]) if rows else None


def roll_back(bench: Workbench) -> Pointer:
    """Move the pointer to the day before; done twice, it is where it was.

    Returns:
        What had been published until now.

    Raises:
        StaleInputError: nothing was published before, or its lists are gone.
    """
    was = published(bench.arrow)
    if was is None or was.previous_run_date is None:
        came = f"only {was.run_date} was ever published" if was else "nothing was ever published"
        rule = "there must be a day to go back to."
        raise StaleInputError(where=PUBLISHED.name, rule=rule, came=came, do="Run `tawny night` for another day.")
    job = Job(reads=(RECOMMENDATIONS, PUBLISHED), writes=PUBLISHED)
    bench.run_here(_RollBack("roll_back", None, job, "Publish the day before."), was.previous_run_date)
    return was


class _RollBack(Task):
    """A task without a file in jobs/: no night does it. It is run, checked and kept in the manifest like any other."""

    @property
    def main(self) -> "Callable[[Any], None]":
        """Publish the run_date of the run."""
        return _write_back


def _write_back(run: Run[Any, Any]) -> None:
    from pyspark.sql import functions as F

    now = run.read_arrow(PUBLISHED, list=MAIN)["run_date"][0].as_py()
    lists = run.read(RECOMMENDATIONS).select("model_version").limit(1)
    days = {"run_date": F.lit(run.run_date), "previous_run_date": F.lit(now)}
    run.write(lists.withColumns({"list": F.lit(MAIN), **days}))
