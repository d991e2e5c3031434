"""Write each user's last items in order, and the items that must not be listed, as of the cutoffs and mornings."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS
from tawny.tables.users import USERS


class SequencesSettings(Settings):
    """How much of each user's history is kept.

    Attributes:
        max_length: entries per user, the newest.
    """

    max_length: PositiveInt = 512


def main(run: SparkRun[SequencesSettings]) -> None:
    """Write sequences_v2 of run_date, all folds; `[night.events]` has the weights."""
    from tawny.core.split import NightSplit
    from tawny.features.interactions import Night
    from tawny.features.labelled import before_rows, labelled
    from tawny.features.sequences import sequence_rows, sequences

    split, own = NightSplit.from_table(run.read_arrow(SPLITS)), run.read(EVENTS)
    rows = sequence_rows(run.read(USERS), own, run.read(INTERACTIONS), run.read(HOLDOUTS), split)
    past = before_rows(labelled(own, run.night, split), rows, split)
    run.write(sequences(rows, past, run.read(CATALOG), Night(run.night, split), run.settings.max_length))


JOB = Job(
    main,
    stage="features",
    reads=(EVENTS, SPLITS, USERS, INTERACTIONS, HOLDOUTS, CATALOG),
    writes=SEQUENCES,
    settings=SequencesSettings,
)

if __name__ == "__main__":
    run_job(JOB)
