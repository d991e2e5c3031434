"""Fit popularity: item counts within a recent window, which is chosen on the validation window."""

from typing import TYPE_CHECKING

from tawny.core.columns import FOLDS
from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(JobConfig):
    """Settings.

    Attributes:
        n_examined: validation users that the window is chosen on, at most.
        k: of the NDCG that decides.
    """

    n_examined: int = 20_000
    k: int = 10


JOB = Job(
    reads=(CATALOG, ITEM_FEATURES, SEQUENCES, HOLDOUTS),
    writes=MODELS["popularity"],
    config=Config,
)


def main(run: "Run[Config, DataFrame]") -> None:
    """Choose the window on `validation`, then fit every fold with it."""
    from tawny.fitting.popularity import WINDOW_COLUMNS, fit_popularity
    from tawny.fitting.tune import best_of, take_exam
    from tawny.models.arrow import model_rows

    n_items = run.read_arrow(CATALOG).num_rows
    features = {fold: run.read_arrow(ITEM_FEATURES, fold=fold) for fold in FOLDS}
    exam = take_exam(
        run.read(SEQUENCES, fold="validation"), run.read(HOLDOUTS, fold="validation"), run.config.k,
        n_learners=1, n_examined=run.config.n_examined, seed=run.seed("exam"), warm_only=False,
    )  # fmt: skip
    window = best_of(WINDOW_COLUMNS, lambda days: fit_popularity(features["validation"], n_items, days), exam, "popularity")
    run.write(model_rows({fold: fit_popularity(features[fold], n_items, window) for fold in FOLDS}))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
