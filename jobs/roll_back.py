"""Move the published pointer to this run_date's lists, forward or back; `tawny rollback` runs it for the run_date before."""

from __future__ import annotations

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS


def main(run: SparkRun[Settings]) -> None:
    """Move the pointer; the date published until now becomes previous_run_date."""
    from tawny.publish.pointer import pointer_of, rolled_back

    (lists,) = run.read(RECOMMENDATIONS).select("model_version").head(1)
    run.write(rolled_back(pointer_of(run.read_arrow(PUBLISHED)), run.run_date, lists["model_version"]).row())


JOB = Job(main, stage="publishing", reads=(RECOMMENDATIONS, PUBLISHED), writes=PUBLISHED, is_nightly=False)

if __name__ == "__main__":
    run_job(JOB)
