"""Promise 1 for each job by itself: run again for its date, rows and content of its tables are the same."""

import hashlib
from typing import Any

import pytest

import tawny_jobs
from tawny.core.config import NightSettings
from tawny.core.table import TableSpec, spec_of
from tawny.runner.plan import load_jobs, night_tasks
from tawny.tables.published import PUBLISHED

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

EMPTY = {"ingest_items", "ingest_users", "check_consistency"}  # the shop describes neither; there is no night before
TASKS = [task.task_id for task in night_tasks(load_jobs(tawny_jobs), NightSettings())]


def content(shop: Any, spec: TableSpec) -> tuple[int, str]:
    """Rows and a content hash of the table's newest version."""
    rows = shop.runner.arrow.read(spec, shop.runner.arrow.version(spec), ()).to_pylist()
    lines = sorted(repr(sorted(row.items())) for row in rows)
    return len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("task_id", TASKS)
def test_the_job_again_changes_no_row(shop: Any, task_id: str) -> None:
    task = shop.runner.task(task_id)
    refs = [task.writes, *([task.job.quarantine] if task.job.quarantine else [])]
    before = [content(shop, spec_of(ref)) for ref in refs]
    record = shop.runner.run(task, shop.run_date)
    assert record.status == "succeeded"
    assert [content(shop, spec_of(ref)) for ref in refs] == before
    assert before[0][0] > 0 or task_id in EMPTY


def test_a_rollback_again_changes_no_row(shop: Any) -> None:
    task = shop.runner.task("roll_back")
    shop.runner.run(task, shop.run_date)
    before = content(shop, PUBLISHED)
    shop.runner.run(task, shop.run_date)
    assert content(shop, PUBLISHED) == before
