"""Make yesterday's lists of some users again from what they were made from, and count what differs."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.consistency import CONSISTENCY
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.user_features import USER_FEATURES


class CheckConsistencySettings(Settings):
    """How many lists are made again.

    Attributes:
        n_users: the users of the sample; other users every night.
    """

    n_users: PositiveInt = 100


def main(run: SparkRun[CheckConsistencySettings]) -> None:
    """Write consistency_v1 of run_date, and fail where the same code did not make the same lists."""
    from tawny.publish.consistency import consistency_table, made_again, refuse_wrong

    before = run.night_before(RECOMMENDATIONS)
    found = made_again(before, run.settings.n_users, run.seed(run.run_date)) if before else None
    run.write(consistency_table(before, found, run.record.code_digest))
    refuse_wrong(before, found, run.record.code_digest)


JOB = Job(
    main,
    stage="checking",
    reads_earlier=(
        RECOMMENDATIONS, RANKINGS, CANDIDATES, SEQUENCES, USER_FEATURES, ITEM_FEATURES, CATALOG, MODELS,
    ),
    writes=CONSISTENCY,
    settings=CheckConsistencySettings,
)  # fmt: skip

if __name__ == "__main__":
    run_job(JOB)
