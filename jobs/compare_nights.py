"""Say what changed since the list that readers saw before: events, items, lists, and how that list did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as day_time
from typing import TYPE_CHECKING, Any

from pydantic import PositiveInt

from tawny.core.job import Job
from tawny.core.settings import Settings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.changes import CHANGES
from tawny.tables.events import EVENTS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.nights import NIGHTS
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.splits import SPLITS

if TYPE_CHECKING:  # a scheduler that reads job files has neither
    from pyspark.sql import DataFrame

    from tawny.publish.pointer import PublishedList


class CompareNightsSettings(Settings):
    """How nights are compared.

    Attributes:
        n_resamples: of the bootstrap of how the list before did.
    """

    n_resamples: PositiveInt = 1000


def main(run: SparkRun[CompareNightsSettings]) -> None:
    """Write changes_v1 of run_date; without an earlier list only what the last day was like."""
    from tawny.evaluation.changes import changes_table, last_day
    from tawny.publish.pointer import MAIN, seen_before

    # Bounded: readers have seen some hundred lists (publish/pointer.py, MAX_SUPERSEDED).
    before = seen_before(run.read_earlier(PUBLISHED, list=MAIN).toArrow(), run.run_date)
    rows = list(last_day(run.read(EVENTS), run.run_date))
    rows += _since(run, before) if before else []
    run.write(changes_table(rows, before.run_date if before else None))


def _since(run: SparkRun[CompareNightsSettings], before: PublishedList) -> Iterator[dict[str, Any]]:
    from pyspark.sql import functions as F

    from tawny.evaluation.changes import item_changes, list_before, list_changes, listed_changes, new_events

    day, events = before.run_date, run.read(EVENTS)
    cutoff = datetime.combine(day, day_time.min, UTC)
    is_day = F.col("run_date") == F.lit(day)
    n_now = next(row["n_rows"] for row in run.read_arrow(NIGHTS).to_pylist() if row["table"] == EVENTS.name)
    if then := run.read_earlier(NIGHTS).where(is_day & (F.col("table") == EVENTS.name)).first():
        yield from new_events(events, cutoff, n_now, then["n_rows"])
    features, earlier = run.read_arrow(ITEM_FEATURES, fold="serve"), run.read_earlier(ITEM_FEATURES).where("fold = 'serve'")
    items = _items(run.read(CATALOG), run.read(ITEM_FEATURES, fold="serve"))
    yield from item_changes(items, _items(run.read_earlier(CATALOG).where(is_day), earlier.where(is_day)))
    lists = run.read(RECOMMENDATIONS)
    seen = run.read_earlier(RECOMMENDATIONS, run_date=day, list_id=before.list_id)
    active = events.where(F.col("event_ts") >= F.lit(cutoff)).select("user_id").distinct()
    yield from list_changes(lists, seen, active)
    yield from listed_changes(lists, seen, sum(features["is_listable"].to_pylist()))
    yield from list_before(_evaluated(run, seen, day, features))


def _evaluated(run: SparkRun[CompareNightsSettings], seen: DataFrame, day: date, features: Any) -> list[dict[str, Any]]:
    """Rows of evaluations_v2 of the list before, on the days for which readers followed it."""
    from tawny.core.split import NightSplit
    from tawny.evaluation.published import evaluate_published
    from tawny.evaluation.spark import evaluation_spec

    n_items = run.read_arrow(CATALOG).num_rows
    spec = evaluation_spec((run.night.k,), features, n_items, run.seed("bootstrap"), run.settings.n_resamples)
    types = NightSplit.from_table(run.read_arrow(SPLITS)).targets
    return evaluate_published(
        seen, run.read(EVENTS), run.read(CATALOG), spec, types, run.run_date,
        max_dates=1, horizon_days=(run.run_date - day).days,
    )  # fmt: skip


def _items(catalog: DataFrame, features: DataFrame) -> DataFrame:
    """item_id, is_listable."""
    return catalog.join(features.select("item_index", "is_listable"), "item_index").select("item_id", "is_listable")


JOB = Job(
    main,
    stage="evaluation",
    reads=(RECOMMENDATIONS, EVENTS, CATALOG, ITEM_FEATURES, SPLITS),
    reads_earlier=(PUBLISHED, RECOMMENDATIONS, NIGHTS, CATALOG, ITEM_FEATURES),
    writes=CHANGES,
    settings=CompareNightsSettings,
)

if __name__ == "__main__":
    run_job(JOB)
