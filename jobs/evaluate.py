"""Evaluate every source, its reasons, and the final list on the test window; and earlier lists on what happened next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import NonNegativeInt, PositiveInt

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.models import MODELS
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES
from tawny.tables.splits import SPLITS
from tawny.tables.user_features import USER_FEATURES

if TYPE_CHECKING:  # a scheduler that reads job files has no numpy
    from tawny.evaluation.spec import EvaluationSpec


class EvaluateSettings(Settings):
    """How lists are evaluated.

    Attributes:
        ks: lengths of the lists, ascending.
        n_resamples: of the bootstrap.
        pairs: whose differences are measured, besides `final` less every source: `[["als", "popularity"]]`.
        max_published: how many of the lists published earlier are evaluated, each on what users did in `horizon_days` of the
            night's split.
        explained_rows: test lists on which the reasons of every source are compared with leaving past items out, at most;
            with 0 they are not. One process scores each history once per entry: 100 lists of 100 entries are 10,000.
    """

    ks: tuple[PositiveInt, ...] = (5, 10, 20)
    n_resamples: PositiveInt = 1000
    pairs: tuple[tuple[str, str], ...] = ()
    max_published: NonNegativeInt = 3
    explained_rows: NonNegativeInt = 100


def main(run: SparkRun[EvaluateSettings]) -> None:
    """Write evaluations_v2 of run_date: the backtest, then the earlier lists."""
    from tawny.core.split import NightSplit
    from tawny.evaluation.published import evaluate_published
    from tawny.evaluation.spark import backtest, evaluation_spec, evaluation_table

    own, n_items, seed = run.settings, run.read_arrow(CATALOG).num_rows, run.seed("bootstrap")
    test, serve = (
        evaluation_spec(own.ks, run.read_arrow(ITEM_FEATURES, fold=fold), n_items, seed, own.n_resamples)
        for fold in ("test", "serve")
    )
    candidates, rankings = run.read(CANDIDATES, fold="test"), run.read(RANKINGS, fold="test")
    rows = backtest(candidates, rankings, run.read(HOLDOUTS, fold="test"), test, run.run_date, own.pairs)
    earlier, events, catalog = run.read_earlier(RECOMMENDATIONS), run.read(EVENTS), run.read(CATALOG)
    split = NightSplit.from_table(run.read_arrow(SPLITS))
    rows += evaluate_published(
        earlier, events, catalog, serve, split.targets, run.run_date,
        max_dates=own.max_published, horizon_days=run.night.split.horizon_days,
    )  # fmt: skip
    if own.explained_rows:
        rows += _reasons(run, test)
    run.write(evaluation_table(rows))


def _reasons(run: SparkRun[EvaluateSettings], spec: EvaluationSpec) -> list[dict[str, Any]]:
    """Rows of evaluations_v2: how well the reasons of every source hold."""
    from tawny.models.store import saved_files
    from tawny.ranking.spark import reason_agreement

    saved, ks = run.read_arrow(MODELS), run.settings.ks
    models = {source: saved_files(saved, source, "test") for source in run.night.sources}
    k = max((k for k in ks if k <= run.night.k), default=ks[0])  # the length that the gate compares
    rankings, sequences, features = (run.read(table, fold="test") for table in (RANKINGS, SEQUENCES, USER_FEATURES))
    size = {"k": k, "n_lists": run.settings.explained_rows, "seed": run.seed("explained")}
    return reason_agreement(rankings, sequences, features, models, spec, run.run_date, **size)


JOB = Job(
    main,
    stage="evaluation",
    reads=(
        CANDIDATES["{source}"], RANKINGS, HOLDOUTS, SPLITS, CATALOG, ITEM_FEATURES, EVENTS, SEQUENCES, USER_FEATURES,
        MODELS["{source}"],
    ),
    reads_earlier=(RECOMMENDATIONS,),
    writes=EVALUATIONS,
    settings=EvaluateSettings,
)  # fmt: skip

if __name__ == "__main__":
    run_job(JOB)
