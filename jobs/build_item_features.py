"""Say which items each fold may list, and count how often every item was taken."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.items import ITEMS
from tawny.tables.splits import SPLITS


def main(run: SparkRun[Settings]) -> None:
    """Write item_features_v2 of run_date, all folds."""
    from tawny.core.split import NightSplit
    from tawny.features.item_features import item_features
    from tawny.features.labelled import fold_cutoffs, labelled, learned_from

    events, split = run.read(EVENTS), NightSplit.from_table(run.read_arrow(SPLITS))
    past = learned_from(labelled(events, run.night, split), split)
    cutoffs = fold_cutoffs(events, split)
    run.write(item_features(past, run.read(ITEMS), run.read(CATALOG), cutoffs, run.night.events))


JOB = Job(main, stage="features", reads=(EVENTS, SPLITS, ITEMS, CATALOG), writes=ITEM_FEATURES)

if __name__ == "__main__":
    run_job(JOB)
