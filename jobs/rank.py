"""Cut the shortlists, in the order of the ranker, to one list per user, with reasons."""

from __future__ import annotations

from tawny.core.columns import Fold
from tawny.core.job import Job
from tawny.ranking.settings import RankSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.rankings import RANKINGS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.shortlists import SHORTLISTS
from tawny.tables.user_features import USER_FEATURES


def main(run: SparkRun[RankSettings]) -> None:
    """Rank `test` for the evaluation, without reasons, and `serve` for publishing."""
    from pyspark.sql import DataFrame

    from tawny.features.labelled import by_fold
    from tawny.ranking.features import ItemFacts
    from tawny.ranking.spark import ListMaker, rank

    saved = run.read_arrow(MODELS)

    def lists(fold: Fold) -> DataFrame:
        settings = run.settings if fold == "serve" else RankSettings(n_reasons=0)
        shortlists, sequences, features = (run.read(table, fold=fold) for table in (SHORTLISTS, SEQUENCES, USER_FEATURES))
        facts = ItemFacts.from_features(run.read_arrow(ITEM_FEATURES, fold=fold))
        return rank(shortlists, sequences, features, ListMaker.from_saved(saved, facts, fold, run.night.k, settings))

    run.write(by_fold(lists, folds=("test", "serve")))


JOB = Job(
    main,
    stage="ranking",
    reads=(SHORTLISTS, SEQUENCES, USER_FEATURES, ITEM_FEATURES, MODELS["{source}"], MODELS["ranker"]),
    writes=RANKINGS,
    settings=RankSettings,
)

if __name__ == "__main__":
    run_job(JOB)
