"""Audit the list as it was written, judge it by the gate, and let readers follow it."""

from __future__ import annotations

from tawny.core.job import Job
from tawny.publish.settings import PublishSettings
from tawny.runner.entry import SparkRun, run_job
from tawny.tables.catalog import CATALOG
from tawny.tables.evaluations import EVALUATIONS
from tawny.tables.item_features import ITEM_FEATURES
from tawny.tables.published import PUBLISHED
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES


def main(run: SparkRun[PublishSettings]) -> None:
    """Add the list of run_date to published_v2 if audit and gate let it pass, else nothing."""
    from dataclasses import asdict

    from tawny.evaluation.gate import judge
    from tawny.publish.audit import audit
    from tawny.publish.pointer import PublishedList, publish_judged, seen_before

    where, lists = f"{RECOMMENDATIONS.name} {run.run_date}", run.read(RECOMMENDATIONS)
    users = run.read(SEQUENCES, fold="serve").where("is_target")
    before = seen_before(run.read_arrow(PUBLISHED), run.run_date)
    day, list_id = (before.run_date, before.list_id) if before else (run.run_date, "")
    served_before = run.read_earlier(RECOMMENDATIONS, run_date=day, list_id=list_id)
    items = run.read(CATALOG).join(run.read(ITEM_FEATURES, fold="serve").select("item_index", "is_listable"), "item_index")
    audited = audit(lists, users, items, served_before, run.night.k, run.settings, where)
    gate, backtest = run.settings.gate, run.read_arrow(EVALUATIONS, kind="backtest").to_pylist()
    judgement = judge(backtest, gate, run.night.k, where=where)
    candidate = PublishedList(run.run_date, **asdict(audited), **asdict(judgement), run_id=run.record.run_id)
    run.update(PUBLISHED, lambda rows: publish_judged(rows, candidate, gate, where))


JOB = Job(
    main,
    stage="publishing",
    reads=(RECOMMENDATIONS, SEQUENCES, CATALOG, ITEM_FEATURES, EVALUATIONS, PUBLISHED),
    reads_earlier=(RECOMMENDATIONS,),
    writes=PUBLISHED,
    settings=PublishSettings,
)

if __name__ == "__main__":
    run_job(JOB)
