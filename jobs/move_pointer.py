"""Move the published pointer to this run_date's lists."""

from __future__ import annotations

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS


def main(run: SparkRun[Settings]) -> None:
    """Move the pointer, but never to an older run_date: a backfill leaves it where it is."""
    from tawny.publish.pointer import next_pointer, pointer_of

    (lists,) = run.read(RECOMMENDATIONS).select("model_version").head(1)
    run.write(next_pointer(pointer_of(run.read_arrow(PUBLISHED)), run.run_date, lists["model_version"]).row())


JOB = Job(main, stage="publishing", reads=(RECOMMENDATIONS, PUBLISHED), writes=PUBLISHED)

if __name__ == "__main__":
    run_job(JOB)
