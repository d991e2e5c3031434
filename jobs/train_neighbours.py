"""Fit item-item neighbours: items that the same users took; dampings chosen on the validation window."""

from typing import TYPE_CHECKING

from tawny.core.job import Job
from tawny.core.run import Run
from tawny.fitting.settings import CountingConfig, Setting
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(CountingConfig):
    """Settings of counting models, with what is worth trying for this one (models/neighbours.py)."""

    grid: tuple[dict[str, Setting], ...] = (
        {"trend_half_life_days": 30.0, "position_power": 0.5},
        {"trend_half_life_days": 90.0},
        {"position_power": 2.0},
    )


JOB = Job(reads=(CATALOG, INTERACTIONS, SEQUENCES, HOLDOUTS), writes=MODELS["neighbours"], config=Config)


def main(run: "Run[Config, DataFrame]") -> None:
    """Choose the settings on `validation`, then fit every fold with them."""
    from tawny.fitting.counting import Inputs, fit_every_fold
    from tawny.models.arrow import model_rows
    from tawny.models.neighbours import ItemNeighbours, pairs

    inputs = Inputs(run.read(SEQUENCES), run.read(HOLDOUTS), run.read(INTERACTIONS))
    n_items = run.read_arrow(CATALOG).num_rows
    run.write(model_rows(fit_every_fold(ItemNeighbours, pairs, run.config, inputs, n_items, run.seed("exam"))))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
