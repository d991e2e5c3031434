"""Merge the candidates of all sources into one shortlist per user."""

from __future__ import annotations

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.candidates import CANDIDATES
from tawny.tables.sequences import SEQUENCES
from tawny.tables.shortlists import SHORTLISTS


def main(run: SparkRun[Settings]) -> None:
    """Write shortlists_v2 of run_date."""
    from tawny.candidates.shortlists import merge_sources

    run.write(merge_sources(run.read(CANDIDATES), run.read(SEQUENCES), run.night.sources))


JOB = Job(main, stage="candidates", reads=(CANDIDATES["{source}"], SEQUENCES), writes=SHORTLISTS)

if __name__ == "__main__":
    run_job(JOB)
