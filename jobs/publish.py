"""Audit the lists of all users, and write them for readers."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.publish.settings import AuditSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES


def main(run: SparkRun[AuditSettings]) -> None:
    """Write recommendations_v1 of run_date if every check of the audit passes, else nothing."""
    from tawny.publish.audit import audit
    from tawny.publish.long_form import long_form

    lists = run.read(RANKINGS, fold="serve")
    users = run.read(SEQUENCES, fold="serve").where("is_target")
    earlier = run.read_earlier(RECOMMENDATIONS)
    catalog = run.read(CATALOG)
    audit(lists, users, catalog, earlier, run.night.k, run.settings, f"{RANKINGS.name} {run.run_date}")
    run.write(long_form(lists, catalog))


JOB = Job(
    main,
    stage="publishing",
    reads=(RANKINGS, SEQUENCES, CATALOG),
    reads_earlier=(RECOMMENDATIONS,),
    writes=RECOMMENDATIONS,
    settings=AuditSettings,
)

if __name__ == "__main__":
    run_job(JOB)
