"""Take in new landing items: accepted rows into items_v2, refused rows, with the reason, into its quarantine."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ingest.settings import IngestItemsSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.items import ITEMS, ITEMS_QUARANTINE
from tawny.tables.landings import LANDINGS


def main(run: SparkRun[IngestItemsSettings]) -> None:
    """Write items_v2, items_v2_quarantine and the ledger."""
    from tawny.ingest.descriptions import check_items, judge_items
    from tawny.ingest.job import Intake, ingest

    ingest(run, Intake(ITEMS, ITEMS_QUARANTINE, check_items, judge_items))


JOB = Job(main, stage="ingest", writes=ITEMS, quarantine=ITEMS_QUARANTINE, ledger=LANDINGS, settings=IngestItemsSettings)

if __name__ == "__main__":
    run_job(JOB)
