"""Take in new landing users: accepted rows into users_v2, refused rows, with the reason, into its quarantine."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ingest.settings import IngestUsersSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.landings import LANDINGS
from tawny.tables.users import USERS, USERS_QUARANTINE


def main(run: SparkRun[IngestUsersSettings]) -> None:
    """Write users_v2, users_v2_quarantine and the ledger."""
    from tawny.ingest.descriptions import check_users, judge_users
    from tawny.ingest.job import Intake, ingest

    ingest(run, Intake(USERS, USERS_QUARANTINE, check_users, judge_users))


JOB = Job(main, stage="ingest", writes=USERS, quarantine=USERS_QUARANTINE, ledger=LANDINGS, settings=IngestUsersSettings)

if __name__ == "__main__":
    run_job(JOB)
