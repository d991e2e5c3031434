"""The nightly DAG: its tasks, its edges, its limits, and every command exactly as it is run.

The commands are kept in golden/. After a change that is meant: `TAWNY_GOLDEN=write make test`, then read the diff.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import tawny_jobs
from tawny.core.config import load_env, night_settings
from tawny.core.table import TableRef, TableSlice, spec_of
from tawny.runner.plan import load_jobs, night_tasks

from .conftest import DAGS, HERE, ROOT

GOLDEN = HERE / "golden"
IDS = {
    "ingest_events", "ingest_items", "ingest_users", "pin_inputs",
    "build_catalog", "plan_split", "build_holdouts", "build_interactions", "build_item_features", "build_sequences",
    "build_user_features",
    "train_als", "train_neighbours", "train_popularity", "train_repeats", "train_transitions", "train_two_tower",
    "generate_candidates.als", "generate_candidates.neighbours", "generate_candidates.popularity",
    "generate_candidates.repeats", "generate_candidates.transitions", "generate_candidates.two_tower",
    "merge_shortlists", "learn_ranker", "rank", "write_lists", "compare_nights", "evaluate", "publish", "check_consistency",
}  # fmt: skip
PAGE = "report"
TASKS = {task.task_id: task for task in night_tasks(load_jobs(tawny_jobs), night_settings(load_env(HERE / "env.toml")))}


@pytest.fixture
def dag(load: Callable[[str], ModuleType]) -> Any:
    return load("nightly").dag


def test_the_dag_has_exactly_these_tasks(dag: Any) -> None:
    assert {task.task_id for task in dag.tasks} == IDS | {PAGE}


def test_runs_are_nightly_one_at_a_time_and_missed_ones_are_not_made_up(dag: Any) -> None:
    assert dag.timetable.summary == "0 1 * * *"
    assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
    assert (dag.catchup, dag.max_active_runs) == (False, 1)


def rows_of(ref: TableRef) -> tuple[str, str]:
    """The table and the slice, `*` for all of them."""
    return spec_of(ref).name, ref.value if isinstance(ref, TableSlice) else "*"


def test_edges_are_what_the_jobs_read_and_write_and_nothing_else(dag: Any) -> None:
    expected = set()
    for reader, task in TASKS.items():
        for name, part in map(rows_of, task.reads):
            for writer, other in TASKS.items():
                written, written_part = rows_of(other.writes)
                if written == name and (part == written_part or "*" in (part, written_part)) and writer != reader:
                    expected.add((writer, reader))
    last = IDS - {writer for writer, _ in expected}
    expected |= {(task_id, PAGE) for task_id in last}
    assert {(up, task.task_id) for task in dag.tasks for up in task.upstream_task_ids} == expected


def test_the_page_is_written_however_the_night_ends_and_hides_no_failure(dag: Any) -> None:
    page = dag.get_task(PAGE)
    assert (page.is_teardown, page.on_failure_fail_dagrun) == (True, False)
    assert page.trigger_rule == "all_done_setup_success"
    assert page.downstream_task_ids == set()


def test_a_source_waits_for_its_own_model_and_publishing_for_the_lists_and_their_evaluation(dag: Any) -> None:
    assert {up for up in dag.get_task("generate_candidates.als").upstream_task_ids if up.startswith("train_")} == {
        "train_als"
    }
    assert {"write_lists", "evaluate"} <= dag.get_task("publish").upstream_task_ids
    assert dag.get_task("ingest_events").upstream_task_ids == set()


@pytest.mark.parametrize("task_id", sorted(IDS))
def test_retries_timeout_and_owner_are_the_declared_ones(dag: Any, task_id: str) -> None:
    operator, job = dag.get_task(task_id), TASKS[task_id].job
    assert (operator.owner, operator.retries) == (job.owner, job.retries)
    assert operator.execution_timeout == timedelta(minutes=job.timeout_minutes)
    assert operator.retry_delay >= timedelta(minutes=1)
    assert operator.doc == TASKS[task_id].job.purpose


def rendered(operator: Any) -> str:
    """The command as it is run on the morning of 2024-05-06, an argument a line; the checkout is `<checkout>`."""
    dag_run = SimpleNamespace(data_interval_end=datetime(2024, 5, 6, 1, tzinfo=UTC))
    operator.render_template_fields({"params": {"run_date": None}, "dag_run": dag_run, **operator.dag.user_defined_macros})
    if hasattr(operator, "bash_command"):
        words = [f"{key}={value}" for key, value in (operator.env or {}).items()] + operator.bash_command.split(" ")
    else:
        words = operator._get_hook()._build_spark_submit_command(operator.application)
    return "".join(f"{word}\n" for word in words).replace(str(ROOT), "<checkout>")


@pytest.mark.parametrize("task_id", sorted(IDS | {PAGE}))
def test_every_command_is_the_golden_one(dag: Any, task_id: str) -> None:
    golden, command = GOLDEN / f"{task_id}.txt", rendered(dag.get_task(task_id))
    if os.environ.get("TAWNY_GOLDEN") == "write":
        golden.write_text(command, encoding="utf-8")
    assert command == golden.read_text(encoding="utf-8")


def test_every_golden_command_belongs_to_a_task() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == IDS | {PAGE}


def test_delta_s_jars_are_sent_where_the_cluster_does_not_bring_them(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env.toml").write_text('root = "lake"\nlanding = "landing"\njars = "/opt/jars"')
    monkeypatch.setenv("TAWNY_ENV", str(tmp_path / "env.toml"))
    expected = {"spark.pyspark.python": "/opt/tawny/bin/python", "spark.jars": "/opt/jars/*.jar"}
    assert load("nightly").dag.get_task("rank").conf == expected


def test_a_single_worker_needs_no_horovodrun(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env.toml").write_text((HERE / "env.toml").read_text().replace("workers = 4", "workers = 1"))
    monkeypatch.setenv("TAWNY_ENV", str(tmp_path / "env.toml"))
    command = load("nightly").dag.get_task("train_two_tower").bash_command
    assert command.startswith("/opt/tawny/bin/python ")


def test_workers_may_be_on_several_hosts(load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAWNY_HOSTS", "one:2,two:2")
    assert "-np 4 -H one:2,two:2 --gloo" in load("nightly").dag.get_task("train_two_tower").bash_command


def test_a_source_that_the_night_leaves_out_has_no_tasks(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env.toml").write_text((HERE / "env.toml").read_text() + '[night]\nsources = ["popularity", "als"]\n')
    monkeypatch.setenv("TAWNY_ENV", str(tmp_path / "env.toml"))
    left_out = {one for one in IDS if one.endswith(("neighbours", "repeats", "transitions", "two_tower"))}
    assert {task.task_id for task in load("nightly").dag.tasks} == (IDS | {PAGE}) - left_out


def test_parsing_loads_neither_pyspark_nor_tensorflow() -> None:
    heavy = {"pyspark", "tensorflow", "keras", "horovod"}
    code = f"import sys, nightly, backfill, maintenance; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=DAGS, capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.splitlines()[-1] == "[]"
