"""A job that refuses is not started again; one that was killed, or failed for a reason unknown, is."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tawny.core.errors import final_exit_codes

FINAL = sorted(final_exit_codes())
RETRIED = [1, 7, 130, 143]


@pytest.fixture
def tasks(load: Callable[[str], ModuleType]) -> ModuleType:
    return load("_tasks")


def end_of(operator: Any) -> type[BaseException]:
    """What the operator raises."""
    with pytest.raises(AirflowException) as ended:
        operator.execute({})
    return ended.type


def test_the_final_codes_are_those_that_the_command_line_explains_as_refusals() -> None:
    assert FINAL == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("code", FINAL + RETRIED)
def test_a_command(tasks: ModuleType, code: int) -> None:
    operator = tasks.ShellTask(task_id="task", bash_command=f"exit {code}")
    assert (end_of(operator) is AirflowFailException) == (code in FINAL)


def test_a_command_that_ends_well(tasks: ModuleType) -> None:
    assert tasks.ShellTask(task_id="task", bash_command="echo done").execute({}) == "done"


@pytest.fixture
def submit(tasks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`submit(code)`: a task whose spark-submit is a script that ends with that code."""

    def task(code: int) -> Any:
        script = tmp_path / "spark-submit"
        script.write_text(f"#!{sys.executable}\nraise SystemExit({code})\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return tasks.SparkTask(task_id="task", application="job.py", conn_id="spark_default")

    return task


@pytest.mark.parametrize("code", FINAL + RETRIED)
def test_a_job_under_spark_submit(submit: Callable[..., Any], code: int) -> None:
    assert (end_of(submit(code)) is AirflowFailException) == (code in FINAL)


def test_on_kubernetes_the_code_of_the_driver_counts(tasks: ModuleType) -> None:
    """The provider reads it from the log; its hook cannot be made here without the provider of Kubernetes."""
    hook = SimpleNamespace(_submit_sp=SimpleNamespace(returncode=1), _spark_exit_code=5)
    assert tasks._spark_exit_code(hook) == 5


def test_where_the_code_is_not_known_the_retries_stay(tasks: ModuleType) -> None:
    assert tasks._spark_exit_code(None) is None
    assert tasks._spark_exit_code(SimpleNamespace(_submit_sp=None, _spark_exit_code=None)) is None
    tasks._refuse_retries(None, AirflowException("lost"))


def test_every_task_of_the_night_is_of_these_two_kinds(load: Callable[[str], ModuleType]) -> None:
    assert {type(task).__name__ for task in load("nightly").dag.tasks} == {"ShellTask", "SparkTask"}
