"""The backfill DAG: a run of `nightly` for each of the days asked for."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tawny.core.errors import ConfigError

Load = Callable[[str], ModuleType]


@pytest.fixture
def backfill(load: Load) -> ModuleType:
    return load("backfill")


def test_the_dag_has_exactly_these_tasks(backfill: ModuleType) -> None:
    assert {task.task_id for task in backfill.dag.tasks} == {"nights", "night"}
    assert backfill.dag.get_task("night").upstream_task_ids == {"nights"}


def test_each_day_starts_the_nightly_dag_under_a_name_of_its_own(backfill: ModuleType) -> None:
    started = backfill.dag.get_task("nights").python_callable(
        params={"first_date": "2024-02-28", "last_date": "2024-03-01"}, run_id="manual__1"
    )
    assert started == [
        {"conf": {"run_date": day}, "trigger_run_id": f"manual__1.{day}"}
        for day in ("2024-02-28", "2024-02-29", "2024-03-01")
    ]


def test_a_range_that_runs_backwards_is_refused(backfill: ModuleType) -> None:
    with pytest.raises(ConfigError, match=r"last_date must not be before first_date.*2024-03-02 to 2024-03-01"):
        backfill.days("2024-03-02", "2024-03-01")


def test_days_wait_for_each_other_and_for_the_night_itself(backfill: ModuleType, load: Load) -> None:
    night: Any = backfill.dag.get_task("night").partial_kwargs
    assert night["trigger_dag_id"] == load("nightly").dag.dag_id
    assert (night["wait_for_completion"], night["max_active_tis_per_dagrun"]) == (True, 1)
    assert night["logical_date"] is None


def test_every_task_has_an_owner_retries_and_a_timeout(backfill: ModuleType) -> None:
    for task in backfill.dag.tasks:
        assert task.owner == "recommendations"
        assert task.retries is not None
        assert task.execution_timeout is not None
