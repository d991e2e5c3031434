"""Learn the blend of the sources on the validation window."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.ranking.settings import BlendSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.models import MODELS
from tawny.tables.shortlists import SHORTLISTS


def main(run: SparkRun[BlendSettings]) -> None:
    """Learn the blend on `validation`; `test` and `serve` use it too."""
    from tawny.models.store import model_rows
    from tawny.ranking.spark import learn_blend

    shortlists = run.read(SHORTLISTS, fold="validation")
    holdouts = run.read(HOLDOUTS, fold="validation")
    blend = learn_blend(shortlists, holdouts, run.night.sources, run.settings, run.seed("sample"))
    run.write(model_rows({"validation": blend}))


JOB = Job(main, stage="ranking", reads=(SHORTLISTS, HOLDOUTS), writes=MODELS["blend"], settings=BlendSettings)

if __name__ == "__main__":
    run_job(JOB)
