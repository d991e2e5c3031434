"""Cut the shortlists, in the order of the ranker and by the list policy, to one list per user, with reasons."""

from __future__ import annotations

from tawny.core.columns import Fold
from tawny.core.job import Job
from tawny.ranking.settings import RankSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
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
    from tawny.ranking.reasons import ReasonFacts
    from tawny.ranking.spark import ListMaker, rank

    saved, catalog = run.read_arrow(MODELS), run.read_arrow(CATALOG)

    def lists(fold: Fold) -> DataFrame:
        settings = run.settings if fold == "serve" else run.settings.model_copy(update={"n_reasons": 0})
        shortlists, sequences, users = (run.read(table, fold=fold) for table in (SHORTLISTS, SEQUENCES, USER_FEATURES))
        features = run.read_arrow(ITEM_FEATURES, fold=fold)
        facts = ItemFacts.from_features(features)
        why = ReasonFacts.from_tables(features, catalog, run.night.events.weights, settings)
        return rank(shortlists, sequences, users, ListMaker.from_saved(saved, facts, why, fold, run.night.k, settings))

    run.write(by_fold(lists, folds=("test", "serve")))


JOB = Job(
    main,
    stage="ranking",
    reads=(SHORTLISTS, SEQUENCES, USER_FEATURES, ITEM_FEATURES, CATALOG, MODELS["{source}"], MODELS["ranker"]),
    writes=RANKINGS,
    settings=RankSettings,
)

if __name__ == "__main__":
    run_job(JOB)
