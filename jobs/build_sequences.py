"""Write each user's last items in order, and the items that must not be listed."""

from typing import TYPE_CHECKING

from pydantic import PositiveInt

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.tables.catalog import CATALOG
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.users import USERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tawny.core.run import Run


class Config(JobConfig):
    """Settings of the job.

    Attributes:
        max_length: entries kept per user, the newest.
    """

    max_length: PositiveInt = 512


JOB = Job(reads=(EVENTS, USERS, INTERACTIONS, HOLDOUTS, CATALOG), writes=SEQUENCES, config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Write sequences_v1 of run_date, all folds; the rules are the night's (`[night.events]`)."""
    from tawny.features.folds import learned_from
    from tawny.features.rules import telling
    from tawny.features.sequences import histories, people, sequences
    from tawny.splits.registry import with_split

    rules, events, interactions = run.night.events, run.read(EVENTS), run.read(INTERACTIONS)
    labelled = events.transform(telling, rules).transform(with_split, run.night.split, run.cutoff)
    past = histories(learned_from(labelled), interactions, run.read(CATALOG), rules, run.config.max_length)
    known = people(run.read(USERS), events, interactions, run.read(HOLDOUTS))
    run.write(sequences(known, past, interactions))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
