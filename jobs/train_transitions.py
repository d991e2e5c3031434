"""Fit transitions: items that users take one after another; settings chosen on the validation window."""

from __future__ import annotations

from tawny.core.columns import FOLDS
from tawny.core.job import Job
from tawny.models.counting.settings import CountingSettings
from tawny.models.transitions.settings import TransitionsSettings, TransitionsTuning
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.interactions import INTERACTIONS
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS


class TrainTransitionsSettings(CountingSettings):
    """How the model is fitted, and how its settings are found."""

    model: TransitionsSettings = TransitionsSettings()
    tuning: TransitionsTuning = TransitionsTuning()


def main(run: SparkRun[TrainTransitionsSettings]) -> None:
    """Choose the settings on `validation`, then fit every fold with them; where order says nothing the models are empty."""
    from tawny.core.split import NightSplit
    from tawny.evaluation.tuning import untuned
    from tawny.models.counting.spark import fit_every_fold
    from tawny.models.store import model_rows
    from tawny.models.transitions.model import Transitions

    n_items = run.read_arrow(CATALOG).num_rows
    if not NightSplit.from_table(run.read_arrow(SPLITS)).is_ordered:
        tuned = untuned(Transitions.name, run.settings.model, "the order of events says nothing, so the models are empty")
        empty = Transitions.empty(n_items, tuned.settings)
        run.write(model_rows(dict.fromkeys(FOLDS, empty), tuned.text()))
        return
    frames = run.read(SEQUENCES), run.read(HOLDOUTS), run.read(INTERACTIONS)
    models, tuned = fit_every_fold(Transitions, run.settings, *frames, n_items, run.seed("validation"))
    run.write(model_rows(models, tuned.text()))


JOB = Job(
    main,
    stage="training",
    reads=(SPLITS, CATALOG, INTERACTIONS, SEQUENCES, HOLDOUTS),
    writes=MODELS["transitions"],
    settings=TrainTransitionsSettings,
)

if __name__ == "__main__":
    run_job(JOB)
