"""The maintenance DAG: one task, after the night, for the day of the night."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from .conftest import HERE, ROOT

GOLDEN = HERE / "golden" / "maintenance" / "maintain.txt"


@pytest.fixture
def dag(load: Callable[[str], ModuleType]) -> Any:
    return load("maintenance").dag


def test_it_runs_once_a_day_after_the_night_and_missed_days_are_not_made_up(dag: Any) -> None:
    assert [task.task_id for task in dag.tasks] == ["maintain"]
    assert dag.timetable.summary == "0 7 * * *"
    assert (dag.catchup, dag.max_active_runs) == (False, 1)


def test_it_has_an_owner_retries_and_a_timeout(dag: Any) -> None:
    task = dag.get_task("maintain")
    assert (task.owner, task.retries) == ("recommendations", 2)
    assert task.execution_timeout is not None


def test_its_command_is_the_golden_one(dag: Any) -> None:
    task = dag.get_task("maintain")
    dag_run = SimpleNamespace(data_interval_end=datetime(2024, 5, 6, 7, tzinfo=UTC))
    task.render_template_fields({"params": {"run_date": None}, "dag_run": dag_run, **dag.user_defined_macros})
    command = "".join(f"{word}\n" for word in task.bash_command.split(" ")).replace(str(ROOT), "<checkout>")
    if os.environ.get("TAWNY_GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(command, encoding="utf-8")
    assert command == GOLDEN.read_text(encoding="utf-8")
