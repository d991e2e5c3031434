"""Fit implicit ALS: item factors, by Spark MLlib."""

from typing import TYPE_CHECKING

from tawny.core.columns import FOLDS
from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.catalog import CATALOG
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(JobConfig):
    """Settings.

    Attributes:
        rank, iterations, regularisation, alpha: see models/als.py.
        n_blocks: tasks that share the factors.
    """

    rank: int = 64
    iterations: int = 10
    regularisation: float = 0.2
    alpha: float = 2.0
    n_blocks: int = 4


JOB = Job(reads=(CATALOG, INTERACTIONS), writes=MODELS["als"], config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Fit every fold on its positive interactions."""
    from tawny.fitting.mllib_als import fit_als
    from tawny.models.als import AlsConfig
    from tawny.models.arrow import model_rows

    n_items = run.read_arrow(CATALOG).num_rows
    settings = AlsConfig(**run.config.model_dump(exclude={"n_blocks"}))
    models = {}
    for fold in FOLDS:
        positive = run.read(INTERACTIONS, fold=fold).where("weight > 0")
        models[fold] = fit_als(positive, n_items, settings, run.config.n_blocks, run.seed() % 2**31)
    run.write(model_rows(models))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
