"""List the best items of one source for every target user and morning."""

from __future__ import annotations

from pydantic import PositiveInt

from tawny.core.columns import Fold
from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.candidates import CANDIDATES
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.user_features import USER_FEATURES


class GenerateCandidatesSettings(Settings):
    """How long a source's lists are.

    Attributes:
        n_candidates: items per user, at most; fewer where validation finds nearly as many answers in shorter lists.
    """

    n_candidates: PositiveInt = 200


def main(run: SparkRun[GenerateCandidatesSettings]) -> None:
    """Score the target users of every fold with the source's model of that fold."""
    from pyspark.sql import DataFrame

    from tawny.candidates.top_items import top_items
    from tawny.features.labelled import by_fold
    from tawny.models.registry import model_class
    from tawny.models.store import enough_candidates, saved_files

    source = str(run.variant)
    models = run.read_arrow(MODELS[source])
    n_candidates = min(run.settings.n_candidates, enough_candidates(models, source) or run.settings.n_candidates)

    def lists(fold: Fold) -> DataFrame:
        users = run.read(SEQUENCES, fold=fold).where("is_target")
        if model_class(source).needs_user_features:
            users = users.join(run.read(USER_FEATURES, fold=fold).select("user_id", "features"), "user_id", "left")
        is_listable = run.read_arrow(ITEM_FEATURES, fold=fold).sort_by("item_index")["is_listable"].to_numpy()
        return top_items(users, saved_files(models, source, fold), is_listable, n_candidates)

    run.write(by_fold(lists))


JOB = Job(
    main,
    stage="candidates",
    reads=(SEQUENCES, USER_FEATURES, ITEM_FEATURES, MODELS["{variant}"]),
    writes=CANDIDATES["{variant}"],
    settings=GenerateCandidatesSettings,
    per_source=True,
)

if __name__ == "__main__":
    run_job(JOB)
