"""Turn each user's attributes into a vector."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.job import Job
from tawny.core.settings import Names, Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS
from tawny.tables.user_features import USER_FEATURES
from tawny.tables.users import USERS


class UserFeaturesSettings(Settings):
    """What the vector holds, and how long it is.

    Attributes:
        n_features: its length; attributes are hashed, so several may share a position.
        ignored_attributes: names of attributes that are left out. Name those that count or sum up a user's deeds (orders so
            far, the last visit): in a file without history they hold later deeds, which an earlier fold must not know.
    """

    n_features: PositiveInt = 32
    ignored_attributes: Names = ()


def main(run: SparkRun[UserFeaturesSettings]) -> None:
    """Write user_features_v2 of run_date: the users of sequences_v2, all folds."""
    from tawny.core.split import NightSplit
    from tawny.features.labelled import fold_cutoffs
    from tawny.features.user_features import user_features

    sequences, own = run.read(SEQUENCES), run.settings
    cutoffs = fold_cutoffs(sequences, NightSplit.from_table(run.read_arrow(SPLITS)))
    run.write(user_features(sequences, run.read(USERS), cutoffs, own.n_features, own.ignored_attributes))


JOB = Job(main, stage="features", reads=(SPLITS, USERS, SEQUENCES), writes=USER_FEATURES, settings=UserFeaturesSettings)

if __name__ == "__main__":
    run_job(JOB)
