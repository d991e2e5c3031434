"""Fit repeats: when users take again, or buy, what they viewed or bought before."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.columns import FOLDS
from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.models.repeats.settings import RepeatsSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS


class TrainRepeatsSettings(Settings):
    """How the model is fitted.

    Attributes:
        model: the model's settings; targets and horizon that are not set are those of the night's split.
        n_sample_users: users whose histories are counted, at most.
    """

    model: RepeatsSettings = RepeatsSettings()
    n_sample_users: PositiveInt = 50_000


def main(run: SparkRun[TrainRepeatsSettings]) -> None:
    """Fit every fold on the histories before its cutoff."""
    from tawny.core.split import NightSplit
    from tawny.evaluation.spark import sample_histories
    from tawny.models.repeats.model import Repeats, category_numbers
    from tawny.models.store import model_rows

    own, seed, models = run.settings, run.seed("users"), {}
    settings = own.model.asked(NightSplit.from_table(run.read_arrow(SPLITS)))
    for fold in FOLDS:
        users = sample_histories(run.read(SEQUENCES, fold=fold), own.n_sample_users, seed)
        items = run.read_arrow(ITEM_FEATURES, fold=fold).sort_by("item_index")
        models[fold] = Repeats.learn(users, category_numbers(items["categories"]), settings)
    run.write(model_rows(models))


JOB = Job(
    main,
    stage="training",
    reads=(SPLITS, SEQUENCES, ITEM_FEATURES),
    writes=MODELS["repeats"],
    settings=TrainRepeatsSettings,
)

if __name__ == "__main__":
    run_job(JOB)
