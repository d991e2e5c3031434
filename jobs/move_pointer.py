"""Move the published pointer to this run_date's lists."""

from typing import TYPE_CHECKING

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

JOB = Job(reads=(RECOMMENDATIONS, PUBLISHED), writes=PUBLISHED)


def main(run: "Run[JobConfig, DataFrame]") -> None:
    """A backfill of an older date writes its lists and leaves the pointer where it is."""
    from tawny.publish.pointer import moved

    lists = run.read(RECOMMENDATIONS).select("model_version").limit(1)
    run.write(moved(run.read(PUBLISHED), lists, run.run_date))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
