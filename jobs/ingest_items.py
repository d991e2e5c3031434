"""Take in landing items: accepted rows into items_v1, refused rows, with the reason, into its quarantine."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ingest.settings import IngestItemsSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.items import ITEMS, ITEMS_QUARANTINE


def main(run: SparkRun[IngestItemsSettings]) -> None:
    """Write items_v1 and items_v1_quarantine."""
    from tawny.ingest.descriptions import check_items
    from tawny.ingest.job import ingest

    ingest(run, ITEMS, check_items)


JOB = Job(main, stage="ingest", writes=ITEMS, quarantine=ITEMS_QUARANTINE, settings=IngestItemsSettings)

if __name__ == "__main__":
    run_job(JOB)
