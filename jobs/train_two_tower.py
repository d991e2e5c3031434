"""Train the two-tower retrieval model, on every worker of a horovodrun."""

from typing import TYPE_CHECKING

from tawny.core.columns import FOLDS
from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.user_features import USER_FEATURES

if TYPE_CHECKING:
    import pyarrow as pa


class Config(JobConfig):
    """Settings.

    Attributes:
        settings: keys of TwoTowerConfig (models/two_tower.py) that differ from its defaults.
        most_categories: the item tower knows the most frequent ones.
        most_users: a worker holds the histories of at most so many users.
        work_dir: for checkpoints and TensorBoard logs; below the tables' root where it is left out.
    """

    settings: dict[str, int | float] = {}
    most_categories: int = 64
    most_users: int = 5_000_000
    work_dir: str | None = None


JOB = Job(
    reads=(CATALOG, SEQUENCES, USER_FEATURES, HOLDOUTS),
    writes=MODELS["two_tower"],
    engine="horovod",
    config=Config,
    timeout_minutes=360,
)


def main(run: "Run[Config, pa.Table]") -> None:
    """Train `validation` with early stopping; `test` and `serve` go on from its weights. Rank 0 writes."""
    from tawny.models.arrow import model_rows
    from tawny.models.two_tower import TwoTowerConfig
    from tawny.training import workers as training_workers
    from tawny.training.tables import category_matrix, training_data, work_dir
    from tawny.training.two_tower import train

    settings = TwoTowerConfig(**run.config.settings)
    workers = training_workers.current()
    categories = category_matrix(run.read_arrow(CATALOG), run.config.most_categories)
    folder = work_dir(run.config.work_dir, run.env.root) / "two_tower" / str(run.run_date)
    models, start = {}, None
    for fold in FOLDS:
        sequences = run.read_arrow(SEQUENCES, max_rows=run.config.most_users, fold=fold)
        features = run.read_arrow(USER_FEATURES, max_rows=run.config.most_users, fold=fold)
        answers = run.read_arrow(HOLDOUTS, fold=fold) if fold == "validation" else None
        data = training_data(sequences, features, categories, answers)
        trained = train(
            data,
            settings,
            workers,
            checkpoint_dir=folder / fold,
            log_dir=folder / fold / "logs",
            seed=run.seed(),
            start=start,
        )
        models[fold], start = trained.model, start or trained.weights
    if workers.is_writer:
        run.write(model_rows(models))


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
