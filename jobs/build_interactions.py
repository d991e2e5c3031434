"""Combine each user's events with an item into one weighted row per fold."""

from typing import TYPE_CHECKING

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.interactions import INTERACTIONS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.core.run import Run


JOB = Job(reads=(EVENTS, CATALOG), writes=INTERACTIONS)


def main(run: "Run[JobConfig, DataFrame]") -> None:
    """Write interactions_v1 of run_date, all folds; the rules are the night's (`[night.events]`)."""
    from tawny.features.folds import learned_from
    from tawny.features.interactions import interactions
    from tawny.features.rules import telling
    from tawny.splits.registry import with_split

    rules = run.night.events
    labelled = run.read(EVENTS).transform(telling, rules).transform(with_split, run.night.split, run.cutoff)
    run.write(interactions(learned_from(labelled), run.read(CATALOG), rules))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
