"""Take in landing events: the good ones into events_v1, the others, with their reason, into the quarantine."""

from typing import TYPE_CHECKING, cast

from tawny.core.job import Job
from tawny.core.run import Run
from tawny.ingest.rules import EventRules
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.delta.spark_io import SparkLake

JOB = Job(writes=EVENTS, quarantine=EVENTS_QUARANTINE, config=EventRules)


def main(run: "Run[EventRules, DataFrame]") -> None:
    """Check the files, judge their rows, and write both halves."""
    from tawny.ingest.events import judge_events
    from tawny.ingest.outcome import parted
    from tawny.landing.read import read_landing

    landed = read_landing(cast("SparkLake", run.lake).spark, run.env, "events")
    run.landed(landed.n_rows)
    judged = judge_events(landed.rows, run.config, run.run_date)
    with parted(judged, EVENTS, landed.n_rows) as outcome:
        run.quarantine(outcome.refused)
        run.write(outcome.accepted)


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
