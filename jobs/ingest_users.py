"""Take in landing users: the good ones into users_v1, the others, with their reason, into the quarantine."""

from typing import TYPE_CHECKING, cast

from tawny.core.job import Job
from tawny.core.run import Run
from tawny.ingest.rules import UserRules
from tawny.tables.users import USERS, USERS_QUARANTINE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.delta.spark_io import SparkLake

JOB = Job(writes=USERS, quarantine=USERS_QUARANTINE, config=UserRules)


def main(run: "Run[UserRules, DataFrame]") -> None:
    """Check the files, judge their rows, and write both halves."""
    from tawny.ingest.outcome import parted
    from tawny.ingest.users import judge_users
    from tawny.landing.read import read_landing

    landed = read_landing(cast("SparkLake", run.lake).spark, run.env, "users")
    run.landed(landed.n_rows)
    judged = judge_users(landed.rows, run.config)
    with parted(judged, USERS, landed.n_rows) as outcome:
        run.quarantine(outcome.refused)
        run.write(outcome.accepted)


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
