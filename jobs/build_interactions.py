"""Combine each user's events with an item into one weight per fold."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.splits import SPLITS


def main(run: SparkRun[Settings]) -> None:
    """Write interactions_v3 of run_date, all folds; `[night.events]` has the weights."""
    from tawny.core.split import NightSplit
    from tawny.features.interactions import check_wanted, interactions
    from tawny.features.labelled import labelled, learned_from

    check_wanted(run.read(EVENTS), run.night.events)
    split = NightSplit.from_table(run.read_arrow(SPLITS))
    events = learned_from(labelled(run.read(EVENTS), run.night, split), split)
    run.write(interactions(events, run.read(CATALOG), run.night.events))


JOB = Job(main, stage="features", reads=(EVENTS, SPLITS, CATALOG), writes=INTERACTIONS)

if __name__ == "__main__":
    run_job(JOB)
