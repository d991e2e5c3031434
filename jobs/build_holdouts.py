"""Collect the answers: the items that users took after a morning."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.splits import SPLITS


def main(run: SparkRun[Settings]) -> None:
    """Write holdouts_v2 of run_date, folds `validation` and `test`; splits_v1 has the mornings and the targets."""
    from tawny.core.split import NightSplit
    from tawny.features.interactions import Night, holdouts
    from tawny.features.labelled import asked_about, before_mornings, labelled

    split = NightSplit.from_table(run.read_arrow(SPLITS))
    events = labelled(run.read(EVENTS), run.night, split)
    window = asked_about(events, split)
    night = Night(run.night, split)
    run.write(holdouts(window, lambda rows: before_mornings(events, rows, split), run.read(CATALOG), night))


JOB = Job(main, stage="features", reads=(EVENTS, SPLITS, CATALOG), writes=HOLDOUTS)

if __name__ == "__main__":
    run_job(JOB)
