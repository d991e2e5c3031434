"""Choose what the night is asked: the windows of validation and test, what counts as an answer, and why."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.events import EVENTS
from tawny.tables.splits import SPLITS


def main(run: SparkRun[Settings]) -> None:
    """Write splits_v1 of run_date; `[night.split]` and `[night.events]` may decide instead."""
    from tawny.features.labelled import informative
    from tawny.features.splits.plan import plan_split, split_table

    events = informative(run.read(EVENTS), run.night.events).cache()
    run.write(split_table(plan_split(events, run.night, run.cutoff)))
    events.unpersist()


JOB = Job(main, stage="features", reads=(EVENTS,), writes=SPLITS)

if __name__ == "__main__":
    run_job(JOB)
