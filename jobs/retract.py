"""Mark a landed file as wrong: the next ingest takes its rows back, and never reads it again."""

from __future__ import annotations

from functools import partial

from tawny.core.job import Job
from tawny.ingest.settings import OneFileSettings
from tawny.runner.entry import ArrowRun, run_job
from tawny.tables.landings import LANDINGS


def main(run: ArrowRun[OneFileSettings]) -> None:
    """Mark the file in the ledger."""
    from tawny.ingest.ledger import marked

    run.update(LANDINGS, partial(marked, name=run.settings.file, status="retracting"))


JOB = Job(main, stage="ingest", writes=LANDINGS, engine="arrow", settings=OneFileSettings, is_nightly=False)

if __name__ == "__main__":
    run_job(JOB)
