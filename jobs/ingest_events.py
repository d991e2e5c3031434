"""Take in new landing events: accepted rows into events_v2, refused rows, with the reason, into its quarantine."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ingest.settings import IngestEventsSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.events import EVENTS, EVENTS_QUARANTINE
from tawny.tables.landings import LANDINGS


def main(run: SparkRun[IngestEventsSettings]) -> None:
    """Write events_v2, events_v2_quarantine and the ledger."""
    from tawny.ingest.events import check_events, judge_events
    from tawny.ingest.job import Intake, ingest

    ingest(run, Intake(EVENTS, EVENTS_QUARANTINE, check_events, judge_events))


JOB = Job(main, stage="ingest", writes=EVENTS, quarantine=EVENTS_QUARANTINE, ledger=LANDINGS, settings=IngestEventsSettings)

if __name__ == "__main__":
    run_job(JOB)
