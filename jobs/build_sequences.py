"""Write each user's last items in order, and the items that must not be listed."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.users import USERS


class SequencesSettings(Settings):
    """How much of each user's history is kept.

    Attributes:
        max_length: entries per user, the newest.
    """

    max_length: PositiveInt = 512


def main(run: SparkRun[SequencesSettings]) -> None:
    """Write sequences_v1 of run_date, all folds; `[night.events]` has the weights."""
    from tawny.features.labelled import labelled, learned_from
    from tawny.features.sequences import fold_users, histories, sequences

    events, interactions = run.read(EVENTS), run.read(INTERACTIONS)
    past = learned_from(labelled(events, run.night, run.cutoff))
    entries = histories(past, interactions, run.read(CATALOG), run.night.events, run.settings.max_length)
    users = fold_users(run.read(USERS), events, interactions, run.read(HOLDOUTS))
    run.write(sequences(users, entries, interactions))


JOB = Job(
    main,
    stage="features",
    reads=(EVENTS, USERS, INTERACTIONS, HOLDOUTS, CATALOG),
    writes=SEQUENCES,
    settings=SequencesSettings,
)

if __name__ == "__main__":
    run_job(JOB)
