"""Take in landing items: the good ones into items_v1, the others, with their reason, into the quarantine."""

from typing import TYPE_CHECKING, cast

from tawny.core.job import Job
from tawny.core.run import Run
from tawny.ingest.rules import ItemRules
from tawny.tables.items import ITEMS, ITEMS_QUARANTINE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.delta.spark_io import SparkLake

JOB = Job(writes=ITEMS, quarantine=ITEMS_QUARANTINE, config=ItemRules)


def main(run: "Run[ItemRules, DataFrame]") -> None:
    """Check the files, judge their rows, and write both halves."""
    from tawny.ingest.items import judge_items
    from tawny.ingest.outcome import parted
    from tawny.landing.read import read_landing

    landed = read_landing(cast("SparkLake", run.lake).spark, run.env, "items")
    run.landed(landed.n_rows)
    judged = judge_items(landed.rows, run.config)
    with parted(judged, ITEMS, landed.n_rows) as outcome:
        run.quarantine(outcome.refused)
        run.write(outcome.accepted)


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
