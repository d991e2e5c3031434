"""Write the lists of all users in the form that readers see, as a list of its own; nobody follows it yet."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS


def main(run: SparkRun[Settings]) -> None:
    """Write a list of recommendations_v2; the lake gives it its list_id, the digest of its rows."""
    from tawny.publish.long_form import long_form

    run.write(long_form(run.read(RANKINGS, fold="serve"), run.read(CATALOG)))


JOB = Job(main, stage="ranking", reads=(RANKINGS, CATALOG), writes=RECOMMENDATIONS)

if __name__ == "__main__":
    run_job(JOB)
