"""Fit implicit ALS: item factors, by Spark MLlib."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.columns import FOLDS
from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.models.als.settings import AlsSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS


class TrainAlsSettings(Settings):
    """How the model is fitted.

    Attributes:
        model: the model's settings.
        n_blocks: tasks that share the factors.
    """

    model: AlsSettings = AlsSettings()
    n_blocks: PositiveInt = 4


def main(run: SparkRun[TrainAlsSettings]) -> None:
    """Fit every fold on its positive interactions."""
    from tawny.models.als.spark import fit_als
    from tawny.models.store import model_rows

    n_items, own = run.read_arrow(CATALOG).num_rows, run.settings
    models = {}
    for fold in FOLDS:
        positive = run.read(INTERACTIONS, fold=fold).where("weight > 0")
        models[fold] = fit_als(positive, n_items, own.model, own.n_blocks, run.seed() % 2**31)
    run.write(model_rows(models))


JOB = Job(main, stage="training", reads=(CATALOG, INTERACTIONS), writes=MODELS["als"], settings=TrainAlsSettings)

if __name__ == "__main__":
    run_job(JOB)
