"""Count how every item of the catalogue does, per fold."""

from typing import TYPE_CHECKING

from pydantic import PositiveFloat

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.item_features import ITEM_FEATURES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.core.run import Run


class Config(JobConfig):
    """Settings of the job.

    Attributes:
        shrinkage_ratings: how many ratings the global mean counts as in an item's mean.
    """

    shrinkage_ratings: PositiveFloat = 10.0


JOB = Job(reads=(EVENTS, CATALOG), writes=ITEM_FEATURES, config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Write item_features_v1 of run_date, all folds."""
    from tawny.features.folds import learned_from
    from tawny.features.item_features import item_features
    from tawny.features.rules import telling
    from tawny.splits.registry import with_split

    events = run.read(EVENTS).transform(telling, run.night.events)
    labelled = with_split(events, run.night.split, run.cutoff)
    run.write(item_features(learned_from(labelled), run.read(CATALOG), run.config.shrinkage_ratings))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
