"""Pin the events, items and users that all jobs of the night read, whatever lands meanwhile."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.events import EVENTS
from tawny.tables.items import ITEMS
from tawny.tables.nights import NIGHTS
from tawny.tables.users import USERS


def main(run: SparkRun[Settings]) -> None:
    """Write nights_v1 of run_date: the newest versions, and the digests of what run_date may know of them."""
    from tawny.features.pins import Pinned, pins

    run.write(pins([Pinned(spec.name, *run.content(spec)) for spec in (EVENTS, ITEMS, USERS)]))


JOB = Job(main, stage="ingest", reads=(EVENTS, ITEMS, USERS), writes=NIGHTS)

if __name__ == "__main__":
    run_job(JOB)
