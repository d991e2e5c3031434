"""Evaluate every source and the final list on the test window, and the lists published earlier on what happened since."""

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


class EvaluateSettings(Settings):
    """How lists are evaluated.

    Attributes:
        ks: lengths of the lists, ascending.
        n_resamples: of the bootstrap.
        max_published: how many of the lists published earlier are evaluated.
    """

    ks: tuple[PositiveInt, ...] = (5, 10, 20)
    n_resamples: PositiveInt = 1000
    max_published: NonNegativeInt = 3


def main(run: SparkRun[EvaluateSettings]) -> None:
    """Write evaluations_v1 of run_date: the backtest, then the earlier lists."""
    from tawny.evaluation.published import evaluate_published
    from tawny.evaluation.spark import backtest, evaluation_spec, evaluation_table

    n_items, seed, ks = run.read_arrow(CATALOG).num_rows, run.seed("bootstrap"), run.settings.ks
    test, serve = (
        evaluation_spec(ks, run.read_arrow(ITEM_FEATURES, fold=fold), n_items, seed, run.settings.n_resamples)
        for fold in ("test", "serve")
    )
    candidates, rankings, holdouts = (run.read(table, fold="test") for table in (CANDIDATES, RANKINGS, HOLDOUTS))
    rows = backtest(candidates, rankings, holdouts, test, run.run_date)
    earlier, events, catalog = run.read_earlier(RECOMMENDATIONS), run.read(EVENTS), run.read(CATALOG)
    rows += evaluate_published(earlier, events, catalog, serve, run.night.events, run.settings.max_published)
    run.write(evaluation_table(rows))


JOB = Job(
    main,
    stage="evaluation",
    reads=(CANDIDATES["{source}"], RANKINGS, HOLDOUTS, CATALOG, ITEM_FEATURES, EVENTS),
    reads_earlier=(RECOMMENDATIONS,),
    writes=EVALUATIONS,
    settings=EvaluateSettings,
)

if __name__ == "__main__":
    run_job(JOB)
