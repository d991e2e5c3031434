"""Take in landing users: accepted rows into users_v1, refused rows, with the reason, into its quarantine."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ingest.settings import IngestUsersSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.users import USERS, USERS_QUARANTINE


def main(run: SparkRun[IngestUsersSettings]) -> None:
    """Write users_v1 and users_v1_quarantine."""
    from tawny.ingest.descriptions import check_users
    from tawny.ingest.job import ingest

    ingest(run, USERS, check_users)


JOB = Job(main, stage="ingest", writes=USERS, quarantine=USERS_QUARANTINE, settings=IngestUsersSettings)

if __name__ == "__main__":
    run_job(JOB)
