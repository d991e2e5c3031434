"""Fit popularity: item counts within a recent window, which is chosen on the validation window."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.columns import FOLDS
from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES


class TrainPopularitySettings(Settings):
    """How the window is chosen.

    Attributes:
        n_validation_users: users that the windows are compared on, at most.
        k: of the NDCG that decides.
    """

    n_validation_users: PositiveInt = 20_000
    k: PositiveInt = 10


def main(run: SparkRun[TrainPopularitySettings]) -> None:
    """Choose the window on `validation`, then fit every fold with it."""
    from tawny.evaluation.spark import validation_sample
    from tawny.models.popularity.model import fit_every_fold
    from tawny.models.store import model_rows

    own, n_items = run.settings, run.read_arrow(CATALOG).num_rows
    features = {fold: run.read_arrow(ITEM_FEATURES, fold=fold) for fold in FOLDS}
    sequences, holdouts = run.read(SEQUENCES, fold="validation"), run.read(HOLDOUTS, fold="validation")
    seed = run.seed("validation")
    sample = validation_sample(sequences, holdouts, n_users=own.n_validation_users, seed=seed, warm_only=False)
    run.write(model_rows(fit_every_fold(features, n_items, sample, own.k)))


JOB = Job(
    main,
    stage="training",
    reads=(CATALOG, ITEM_FEATURES, SEQUENCES, HOLDOUTS),
    writes=MODELS["popularity"],
    settings=TrainPopularitySettings,
)

if __name__ == "__main__":
    run_job(JOB)
