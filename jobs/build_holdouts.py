"""Keep the answers: what users wanted after a fold's cutoff."""

from typing import TYPE_CHECKING

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.core.run import Run


JOB = Job(reads=(EVENTS, INTERACTIONS, CATALOG), writes=HOLDOUTS)


def main(run: "Run[JobConfig, DataFrame]") -> None:
    """Write holdouts_v1 of run_date, folds `validation` and `test`; the rules are the night's (`[night.events]`)."""
    from tawny.features.folds import judged_on
    from tawny.features.holdouts import holdouts
    from tawny.features.rules import telling
    from tawny.splits.registry import with_split

    rules = run.night.events
    labelled = run.read(EVENTS).transform(telling, rules).transform(with_split, run.night.split, run.cutoff)
    run.write(holdouts(judged_on(labelled), run.read(INTERACTIONS), run.read(CATALOG), rules))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
