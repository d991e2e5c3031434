"""Evaluate every source and the final list on the test window, and the lists published earlier on what happened next."""

from __future__ import annotations

from pydantic import NonNegativeInt, PositiveInt

from tawny.core.config import Settings
from tawny.core.job import Job
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.splits import SPLITS


class EvaluateSettings(Settings):
    """How lists are evaluated.

    Attributes:
        ks: lengths of the lists, ascending.
        n_resamples: of the bootstrap.
        pairs: whose differences are measured, besides `final` less every source: `[["als", "popularity"]]`.
        max_published: how many of the lists published earlier are evaluated, each on what users did in `horizon_days` of the
            night's split.
    """

    ks: tuple[PositiveInt, ...] = (5, 10, 20)
    n_resamples: PositiveInt = 1000
    pairs: tuple[tuple[str, str], ...] = ()
    max_published: NonNegativeInt = 3


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
    run.write(evaluation_table(rows))


JOB = Job(
    main,
    stage="evaluation",
    reads=(CANDIDATES["{source}"], RANKINGS, HOLDOUTS, SPLITS, CATALOG, ITEM_FEATURES, EVENTS),
    reads_earlier=(RECOMMENDATIONS,),
    writes=EVALUATIONS,
    settings=EvaluateSettings,
)

if __name__ == "__main__":
    run_job(JOB)
