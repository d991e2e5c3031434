"""Fit item-item neighbours: items that the same users took; dampings chosen on the validation window."""

from typing import TYPE_CHECKING

from tawny.core.columns import FOLDS
from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Setting = int | float | None


class Config(JobConfig):
    """Settings.

    Attributes:
        settings: keys of ItemNeighboursConfig that differ from its defaults.
        grid: alternatives to them, tried on the validation window.
        n_learners, n_examined: users that an alternative is fitted and examined on, at most.
        k: of the NDCG that decides.
        n_tasks: tasks that share the rows of the matrix.
    """

    settings: dict[str, Setting] = {}
    grid: tuple[dict[str, Setting], ...] = (
        {"trend_half_life_days": 30.0, "position_power": 0.5},
        {"trend_half_life_days": 90.0},
        {"position_power": 2.0},
    )
    n_learners: int = 10_000
    n_examined: int = 2_000
    k: int = 10
    n_tasks: int = 4


JOB = Job(reads=(CATALOG, INTERACTIONS, SEQUENCES, HOLDOUTS), writes=MODELS["neighbours"], config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Choose the settings on `validation`, then fit every fold with them."""
    from tawny.fitting.counting import choose, fit_counting
    from tawny.fitting.tune import take_exam
    from tawny.models.arrow import model_rows
    from tawny.models.neighbours import ItemNeighbours, pairs

    config = run.config
    n_items = run.read_arrow(CATALOG).num_rows
    exam = take_exam(
        run.read(SEQUENCES, fold="validation"), run.read(HOLDOUTS, fold="validation"), config.k,
        config.n_learners, config.n_examined, run.seed("exam"),
    )  # fmt: skip
    settings = choose(ItemNeighbours, config.settings, config.grid, exam, n_items)
    models = {
        fold: fit_counting(
            ItemNeighbours,
            pairs,
            settings,
            run.read(SEQUENCES, fold=fold),
            run.read(INTERACTIONS, fold=fold),
            n_items,
            config.n_tasks,
        )
        for fold in FOLDS
    }
    run.write(model_rows(models))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
