"""Take in landing events: accepted rows into events_v1, refused rows, with the reason, into its quarantine."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ingest.settings import IngestEventsSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE


def main(run: SparkRun[IngestEventsSettings]) -> None:
    """Write events_v1 and events_v1_quarantine."""
    from tawny.ingest.events import check_events
    from tawny.ingest.job import ingest

    ingest(run, EVENTS, check_events)


JOB = Job(main, stage="ingest", writes=EVENTS, quarantine=EVENTS_QUARANTINE, settings=IngestEventsSettings)

if __name__ == "__main__":
    run_job(JOB)
