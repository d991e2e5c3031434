"""Count what every user of a fold did, when, and with which categories."""

from typing import TYPE_CHECKING

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.user_features import USER_FEATURES
from tawny.tables.users import USERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.core.run import Run


class Config(JobConfig):
    """Settings of the job.

    Attributes:
        n_categories: how many of the catalogue's categories, the most frequent, have a place in the vector `features`.
        value_scale: the mean rating that stands as 1 in the vector.
        n_attribute_slots: length of the vector `attribute_features`.
    """

    n_categories: NonNegativeInt = 32
    value_scale: PositiveFloat = 5.0
    n_attribute_slots: PositiveInt = 32


JOB = Job(reads=(EVENTS, USERS, INTERACTIONS, SEQUENCES, CATALOG), writes=USER_FEATURES, config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Write user_features_v1 of run_date: the users of sequences_v1, all folds."""
    from tawny.features.feature_vectors import most_frequent, with_vectors
    from tawny.features.folds import learned_from
    from tawny.features.rules import telling
    from tawny.features.user_features import category_shares, event_counts, user_features
    from tawny.splits.registry import with_split

    config, events = run.config, run.read(EVENTS).transform(telling, run.night.events)
    counts = event_counts(learned_from(with_split(events, run.night.split, run.cutoff)))
    shares = category_shares(run.read(INTERACTIONS), run.read(CATALOG))
    features = user_features(run.read(SEQUENCES).select("fold", "user_id"), counts, shares)
    categories = most_frequent(run.read_arrow(CATALOG)["categories"].to_pylist(), config.n_categories)
    scale, n_slots = config.value_scale, config.n_attribute_slots
    run.write(with_vectors(features, run.read(USERS), categories=categories, value_scale=scale, n_slots=n_slots))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
