"""Fit item-item neighbours: items that the same users took; dampings chosen on the validation window."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.models.counting.settings import CountingSettings
from tawny.models.neighbours.settings import ItemNeighboursSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES


class TrainNeighboursSettings(CountingSettings):
    """How the model is fitted, and the alternatives to try."""

    model: ItemNeighboursSettings = ItemNeighboursSettings()
    alternatives: tuple[ItemNeighboursSettings, ...] = (
        ItemNeighboursSettings(trend_half_life_days=30.0, position_power=0.5),
        ItemNeighboursSettings(trend_half_life_days=90.0),
        ItemNeighboursSettings(position_power=2.0),
    )


def main(run: SparkRun[TrainNeighboursSettings]) -> None:
    """Choose the settings on `validation`, then fit every fold with them."""
    from tawny.models.counting.spark import fit_every_fold
    from tawny.models.neighbours.model import ItemNeighbours
    from tawny.models.store import model_rows

    n_items = run.read_arrow(CATALOG).num_rows
    frames = run.read(SEQUENCES), run.read(HOLDOUTS), run.read(INTERACTIONS)
    run.write(model_rows(fit_every_fold(ItemNeighbours, run.settings, *frames, n_items, run.seed("validation"))))


JOB = Job(
    main,
    stage="training",
    reads=(CATALOG, INTERACTIONS, SEQUENCES, HOLDOUTS),
    writes=MODELS["neighbours"],
    settings=TrainNeighboursSettings,
)

if __name__ == "__main__":
    run_job(JOB)
