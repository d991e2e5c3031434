"""Count how often every item of the catalog was taken, per fold."""

from __future__ import annotations

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.item_features import ITEM_FEATURES


def main(run: SparkRun[Settings]) -> None:
    """Write item_features_v2 of run_date, all folds."""
    from tawny.features.item_features import item_features
    from tawny.features.labelled import labelled, learned_from

    events = learned_from(labelled(run.read(EVENTS), run.night, run.cutoff))
    run.write(item_features(events, run.read(CATALOG)))


JOB = Job(main, stage="features", reads=(EVENTS, CATALOG), writes=ITEM_FEATURES)

if __name__ == "__main__":
    run_job(JOB)
