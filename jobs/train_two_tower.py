"""Train the two-tower retrieval model, on every worker of a horovodrun."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.columns import Fold
from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.runner.entry import ArrowRun, run_job
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS
from tawny.tables.user_features import USER_FEATURES


class TrainTwoTowerSettings(Settings):
    """How the model is trained, and where.

    Attributes:
        model: the settings of the model and of its training.
        max_categories: the item tower uses this many of the most frequent categories.
        max_users: a worker holds the histories of at most this many users.
        work_dir: for checkpoints and TensorBoard logs; default: below the tables' root.
    """

    model: TwoTowerSettings = TwoTowerSettings()
    max_categories: PositiveInt = 64
    max_users: PositiveInt = 5_000_000
    work_dir: str | None = None


def main(run: ArrowRun[TrainTwoTowerSettings]) -> None:
    """Train `validation` with early stopping; `test` and `serve` start from its weights. Rank 0 writes."""
    from tawny.core.split import NightSplit
    from tawny.models.store import model_rows
    from tawny.models.two_tower.data import (
        TwoTowerData,
        category_matrix,
        frequent_categories,
        training_data,
        validation_sample,
    )
    from tawny.models.two_tower.model import TwoTower
    from tawny.models.two_tower.train import train_every_fold
    from tawny.training import workers
    from tawny.training.checkpoint import local_folder
    from tawny.training.folders import TrainingFolders

    own, all_workers, split = run.settings, workers.current(), NightSplit.from_table(run.read_arrow(SPLITS))
    names = frequent_categories(run.read_arrow(ITEM_FEATURES, fold="validation"), own.max_categories)
    root = local_folder(own.work_dir, run.env.root) / "two_tower"

    def data_of(fold: Fold) -> TwoTowerData:
        sequences = run.read_arrow(SEQUENCES, max_rows=own.max_users, fold=fold)
        features = run.read_arrow(USER_FEATURES, max_rows=own.max_users, fold=fold)
        categories = category_matrix(run.read_arrow(ITEM_FEATURES, fold=fold), names)
        held_out = None
        if fold == "validation":
            held_out = validation_sample(sequences, features, run.read_arrow(HOLDOUTS, fold=fold))
        return training_data(sequences, features, categories, held_out, is_ordered=split.is_ordered)

    with TrainingFolders(root, str(run.run_date), is_writer=all_workers.is_writer) as folders:
        models = train_every_fold(TwoTower, data_of, own.model, all_workers, folders, run.seed())
        if all_workers.is_writer:
            run.write(model_rows(models))
            folders.remove_others()


JOB = Job(
    main,
    stage="training",
    reads=(SPLITS, ITEM_FEATURES, SEQUENCES, USER_FEATURES, HOLDOUTS),
    writes=MODELS["two_tower"],
    engine="horovod",
    settings=TrainTwoTowerSettings,
    timeout_minutes=360,
)

if __name__ == "__main__":
    run_job(JOB)
