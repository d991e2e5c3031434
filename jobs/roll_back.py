"""Let readers follow a list that they saw before: one of this run_date, or the one before a list that is withdrawn."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import ArrowRun, run_job
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS


class RollBackSettings(Settings):
    """Which way to go. `tawny rollback` fills these in.

    Without both, readers follow the newest list of run_date that is not withdrawn, or else the newest that is; the lists of
    later days are withdrawn.

    Attributes:
        withdraw: the list_id of the published list, whose run_date is the run's: it is withdrawn, and readers follow the
            list that they saw before it.
        list_id: the list of run_date that readers shall follow, withdrawn or not.
    """

    withdraw: str | None = None
    list_id: str | None = None


def main(run: ArrowRun[RollBackSettings]) -> None:
    """Change published_v2; run twice, it changes it once."""
    from datetime import date
    from functools import partial

    from tawny.publish.pointer import restore, withdraw

    def is_kept(run_date: date, list_id: str) -> bool:
        return run.holds(RECOMMENDATIONS, run_date=run_date, list_id=list_id)

    if run.settings.withdraw is None:
        run.update(PUBLISHED, partial(restore, run_date=run.run_date, list_id=run.settings.list_id, is_kept=is_kept))
    else:
        decide = partial(withdraw, run_date=run.run_date, list_id=run.settings.withdraw, is_kept=is_kept)
        run.update(PUBLISHED, decide)


JOB = Job(
    main,
    stage="publishing",
    reads=(RECOMMENDATIONS, PUBLISHED),
    writes=PUBLISHED,
    engine="arrow",
    settings=RollBackSettings,
    is_nightly=False,
)

if __name__ == "__main__":
    run_job(JOB)
