"""Fit transitions: items that users take one after another; settings chosen on the validation window."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.models.counting.settings import CountingSettings
from tawny.models.transitions.settings import TransitionsSettings, TransitionsTuning
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES


class TrainTransitionsSettings(CountingSettings):
    """How the model is fitted, and how its settings are found."""

    model: TransitionsSettings = TransitionsSettings()
    tuning: TransitionsTuning = TransitionsTuning()


def main(run: SparkRun[TrainTransitionsSettings]) -> None:
    """Choose the settings on `validation`, then fit every fold with them."""
    from tawny.models.counting.spark import fit_every_fold
    from tawny.models.store import model_rows
    from tawny.models.transitions.model import Transitions

    n_items = run.read_arrow(CATALOG).num_rows
    frames = run.read(SEQUENCES), run.read(HOLDOUTS), run.read(INTERACTIONS)
    models, tuned = fit_every_fold(Transitions, run.settings, *frames, n_items, run.seed("validation"))
    run.write(model_rows(models, tuned.text()))


JOB = Job(
    main,
    stage="training",
    reads=(CATALOG, INTERACTIONS, SEQUENCES, HOLDOUTS),
    writes=MODELS["transitions"],
    settings=TrainTransitionsSettings,
)

if __name__ == "__main__":
    run_job(JOB)
