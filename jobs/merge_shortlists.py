"""Merge the candidates of all sources into one shortlist per user."""

from typing import TYPE_CHECKING

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.candidates import CANDIDATES
from tawny.tables.sequences import SEQUENCES
from tawny.tables.shortlists import SHORTLISTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

JOB = Job(reads=(CANDIDATES["{source}"], SEQUENCES), writes=SHORTLISTS)


def main(run: "Run[JobConfig, DataFrame]") -> None:
    """Merge, and mark the users that have a history."""
    from pyspark.sql import functions as F

    from tawny.candidates.shortlists import merge_sources

    merged = merge_sources(run.read(CANDIDATES), run.night.sources)
    is_warm = (F.cardinality("item_indices") > 0).alias("is_warm")
    run.write(merged.join(run.read(SEQUENCES).select("fold", "user_id", is_warm), ["fold", "user_id"]))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
