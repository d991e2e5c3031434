"""Judge every source and the final list on the test window, and the lists published earlier on what happened since."""

from typing import TYPE_CHECKING, Any

from tawny.core.config import JobConfig
from tawny.core.job import Job
from tawny.core.run import Run
from tawny.tables.candidates import CANDIDATES
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.events import EVENTS
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.rankings import RANKINGS
from tawny.tables.recommendations import RECOMMENDATIONS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Config(JobConfig):
    """Settings.

    Attributes:
        ks: lengths at which lists are judged, ascending.
        n_resamples: of the bootstrap.
        most_published: how many earlier published lists are judged again.
    """

    ks: tuple[int, ...] = (5, 10, 20)
    n_resamples: int = 1000
    most_published: int = 3


JOB = Job(
    reads=(CANDIDATES["{source}"], RANKINGS, HOLDOUTS, CATALOG, ITEM_FEATURES, EVENTS),
    reads_earlier=(RECOMMENDATIONS,),
    writes=EVALUATIONS,
    config=Config,
)


def main(run: "Run[Config, DataFrame]") -> None:
    """Backtest first, then the earlier lists."""
    import pyarrow as pa

    from tawny.judging.rows import evaluation_rows

    rows = [*_backtest(run), *_published(run)]
    run.write(pa.Table.from_pylist(evaluation_rows(rows)))


def _backtest(run: "Run[Config, DataFrame]") -> list[Any]:
    from pyspark.sql import functions as F

    from tawny.judging.judge import judge
    from tawny.judging.rows import Judged

    listed = F.col("items.item_index").alias("listed")
    sources = run.read(CANDIDATES, fold="test").where(F.col("source").isin(*run.night.sources))
    lists = sources.select(F.col("source").alias("subject"), "user_id", listed)
    final = run.read(RANKINGS, fold="test").select(F.lit("final").alias("subject"), "user_id", listed)
    longest = F.slice("listed", 1, max(run.config.ks)).alias("listed")
    answers = run.read(HOLDOUTS, fold="test").select("user_id", F.col("item_indices").alias("answers"), "is_warm")
    found = judge(lists.unionByName(final).select("subject", "user_id", longest), answers, _plan(run, "test"))
    return [Judged("backtest", run.run_date, subject, rows) for subject, rows in found.items()]


def _published(run: "Run[Config, DataFrame]") -> list[Any]:
    from datetime import date

    from pyspark.sql import functions as F

    from tawny.judging.judge import judge
    from tawny.judging.published import published_lists, taken_since
    from tawny.judging.rows import Judged

    catalog = run.read(CATALOG)
    lists = published_lists(run.read_earlier(RECOMMENDATIONS), catalog, run.config.most_published).persist()
    positive = tuple(kind for kind, weight in run.night.events.weights.items() if weight > 0)
    judged = []
    for row in lists.select("subject").distinct().sort("subject").toLocalIterator():
        list_date = date.fromisoformat(row["subject"])
        answers = taken_since(run.read(EVENTS), catalog, list_date, positive)
        found = judge(lists.where(F.col("subject") == row["subject"]), answers, _plan(run, "serve"))
        judged += [Judged("published", list_date, "final", rows) for rows in found.values()]
    lists.unpersist()
    return judged


def _plan(run: "Run[Config, DataFrame]", fold: str) -> Any:
    import numpy as np

    from tawny.evaluation.plan import Plan
    from tawny.judging.judge import SEGMENTS

    counts = run.read_arrow(ITEM_FEATURES, fold=fold)
    popularity = np.zeros(run.read_arrow(CATALOG).num_rows, np.int64)
    popularity[counts["item_index"].to_numpy()] = counts["n_events"].to_numpy()
    return Plan(run.config.ks, popularity, run.seed("bootstrap"), SEGMENTS, run.config.n_resamples)


if __name__ == "__main__":
    from tawny.cli.job_file import run_file

    run_file(__file__)
