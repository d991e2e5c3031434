"""Audit the lists of all users, and write them for readers."""

from typing import TYPE_CHECKING

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.catalog import CATALOG
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(JobConfig):
    """Settings; see publish/audit.py, Limits."""

    min_coverage_share: float = 1.0
    max_drop_share: float = 0.0


JOB = Job(
    reads=(RANKINGS, SEQUENCES, CATALOG),
    reads_earlier=(RECOMMENDATIONS,),
    writes=RECOMMENDATIONS,
    config=Config,
)


def main(run: "Run[Config, DataFrame]") -> None:
    """Write nothing unless every check of the audit passes."""
    from tawny.publish.audit import Limits, audit
    from tawny.publish.long_form import long_form

    lists = run.read(RANKINGS, fold="serve")
    users = run.read(SEQUENCES, fold="serve").where("is_target").select("user_id", "seen_indices")
    earlier = run.read_earlier(RECOMMENDATIONS).select("run_date", "user_id")
    limits = Limits(k=run.night.k, **run.config.model_dump())
    audit(lists.select("user_id", "items"), users, run.read(CATALOG), earlier, limits, f"rankings_v1 {run.run_date}")
    run.write(long_form(lists, run.read(CATALOG)))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
