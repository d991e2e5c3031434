"""Fit popularity: item counts within a recent window, which is chosen on the validation window."""

from __future__ import annotations

from tawny.core.columns import FOLDS
from tawny.core.job import Job
from tawny.models.popularity.settings import TrainPopularitySettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES


def main(run: SparkRun[TrainPopularitySettings]) -> None:
    """Choose the window on `validation`, then fit every fold with it."""
    from tawny.evaluation.spark import validation_sample
    from tawny.models.popularity.model import fit_every_fold
    from tawny.models.store import model_rows

    own, n_items = run.settings, run.read_arrow(CATALOG).num_rows
    features = {fold: run.read_arrow(ITEM_FEATURES, fold=fold) for fold in FOLDS}
    sequences, holdouts = run.read(SEQUENCES, fold="validation"), run.read(HOLDOUTS, fold="validation")
    seed, n_rows = run.seed("validation"), own.tuning.n_rows
    sample = validation_sample(sequences, holdouts, n_users=n_rows, seed=seed, warm_only=False, half=0)
    models, tuned = fit_every_fold(own, features, n_items, sample)
    run.write(model_rows(models, tuned.text()))


JOB = Job(
    main,
    stage="training",
    reads=(CATALOG, ITEM_FEATURES, SEQUENCES, HOLDOUTS),
    writes=MODELS["popularity"],
    settings=TrainPopularitySettings,
)

if __name__ == "__main__":
    run_job(JOB)
