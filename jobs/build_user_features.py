"""Turn each user's attributes into a vector."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.sequences import SEQUENCES
from tawny.tables.user_features import USER_FEATURES
from tawny.tables.users import USERS


class UserFeaturesSettings(Settings):
    """How long the vector is.

    Attributes:
        n_features: its length; attributes are hashed, so several may share a position.
    """

    n_features: PositiveInt = 32


def main(run: SparkRun[UserFeaturesSettings]) -> None:
    """Write user_features_v2 of run_date: the users of sequences_v1, all folds."""
    from tawny.features.user_features import user_features

    run.write(user_features(run.read(SEQUENCES), run.read(USERS), run.settings.n_features))


JOB = Job(main, stage="features", reads=(USERS, SEQUENCES), writes=USER_FEATURES, settings=UserFeaturesSettings)

if __name__ == "__main__":
    run_job(JOB)
