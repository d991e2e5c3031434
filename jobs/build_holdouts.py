"""Collect the answers: the items that users took after a fold's cutoff."""

from __future__ import annotations

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS


def main(run: SparkRun[Settings]) -> None:
    """Write holdouts_v1 of run_date, folds `validation` and `test`; `[night.events]` has the weights."""
    from tawny.features.interactions import holdouts
    from tawny.features.labelled import evaluated_on, labelled

    events = evaluated_on(labelled(run.read(EVENTS), run.night, run.cutoff))
    run.write(holdouts(events, run.read(INTERACTIONS), run.read(CATALOG), run.night.events))


JOB = Job(main, stage="features", reads=(EVENTS, INTERACTIONS, CATALOG), writes=HOLDOUTS)

if __name__ == "__main__":
    run_job(JOB)
