"""The tasks of a night as Airflow operators, built from the jobs' declarations; and the one place that says for which day.

The machine that parses the DAGs and those that run the tasks share these environment variables. They are no Airflow
Variables, because the DAG's shape depends on them, and parsing must not ask a database:

    TAWNY_HOME          the checkout; default: the one that this file lies in
    TAWNY_ENV           the env file: tables, landing files, [spark.conf] for spark-submit, [horovod] workers, sources;
                        default: conf/env/cluster.toml of the checkout
    TAWNY_PYTHON        the interpreter of the night's environment, horovodrun beside it; default: .venv/bin/python of the
                        checkout
    TAWNY_SPARK_CONN    the Airflow connection of the cluster, in its JSON form; default: spark_default
    TAWNY_HOSTS         the hosts of horovodrun (`one:4,two:4`); default: this machine

Master, deploy mode and queue belong to the connection; memory, executors, Delta's package and a container image to
[spark.conf] of the env file. spark-submit must be on the PATH of Airflow's workers.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import BaseOperator

from tawny.core.config import Env, load_env, night_settings
from tawny.core.errors import ConfigError
from tawny.core.job import Task, all_tasks

RUN_DATE = "{{ run_date_of(params, dag_run) }}"
RETRY_DELAY = timedelta(minutes=5)


class DagRun(Protocol):
    """What a run of a DAG knows of its time."""

    data_interval_end: datetime | None


def run_date_of(params: Mapping[str, Any], dag_run: DagRun) -> str:
    """The day that a run makes lists for, `YYYY-MM-DD`: its parameter `run_date`, else the UTC day its interval ends on.

    Runs that an asset or a person starts may have no interval. The clock is never asked: a task that is cleared next week
    must do the same day again.

    Raises:
        ConfigError: the parameter is no date, or there is neither.
    """
    if given := params.get("run_date"):
        try:
            return date.fromisoformat(given).isoformat()
        except ValueError as exc:
            raise _no_day(f"run_date = {given!r}") from exc
    if dag_run.data_interval_end is None:
        raise _no_day("a run without a data interval and without the parameter run_date")
    return dag_run.data_interval_end.astimezone(UTC).date().isoformat()


def _no_day(came: str) -> ConfigError:
    rule = "a run must have the parameter run_date (YYYY-MM-DD) or a data interval."
    return ConfigError(where="nightly", rule=rule, came=came, do='Trigger it with {"run_date": "YYYY-MM-DD"}.')


@dataclass(frozen=True)
class Place:
    """Where the tasks run: the environment variables above."""

    home: Path
    env_file: Path
    python: Path
    spark_conn: str
    hosts: str | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Place":
        """The variables, with their defaults."""
        home = Path(environ.get("TAWNY_HOME", Path(__file__).resolve().parents[1]))
        env_file = Path(environ.get("TAWNY_ENV", home / "conf" / "env" / "cluster.toml"))
        python = Path(environ.get("TAWNY_PYTHON", home / ".venv" / "bin" / "python"))
        return cls(home, env_file, python, environ.get("TAWNY_SPARK_CONN", "spark_default"), environ.get("TAWNY_HOSTS"))

    def job_file(self, task: Task) -> str:
        """The file that is submitted."""
        return str(self.home / "jobs" / f"{task.name}.py")

    def arguments(self, task: Task) -> list[str]:
        """What the job file is given."""
        variant = ["--variant", task.variant] if task.variant else []
        return ["--run-date", RUN_DATE, *variant, "--env", str(self.env_file)]


def night_tasks(place: Place) -> dict[str, BaseOperator]:
    """An operator for every task of the night, by task_id; inside a DAG. A task runs after all that write what it reads.

    Raises:
        ConfigError: a setting or a job's declaration is wrong.
    """
    env = load_env(place.env_file)
    tasks = all_tasks(night_settings(env))
    operators = {task.task_id: _operator(task, place, env) for task in tasks}
    for task in tasks:
        for other in tasks:
            if task != other and task.needs(other):
                operators[other.task_id] >> operators[task.task_id]
    return operators


def _operator(task: Task, place: Place, env: Env) -> BaseOperator:
    declared = {
        "task_id": task.task_id,
        "doc": task.purpose,
        "owner": task.job.owner,
        "retries": task.job.retries,
        "retry_delay": RETRY_DELAY,
        "execution_timeout": timedelta(minutes=task.job.timeout_minutes),
    }
    if task.job.engine == "spark":
        return SparkSubmitOperator(
            application=place.job_file(task),
            application_args=place.arguments(task),
            conf=_spark_conf(place, env),
            conn_id=place.spark_conn,
            name=f"tawny.{task.task_id}",
            **declared,
        )
    command = [str(place.python), place.job_file(task), *place.arguments(task)]
    if task.job.engine == "horovod":
        command = [*_horovodrun(place, env.horovod.workers), *command]
    # oneDNN orders sums by the number of threads, which moves results between numbers of workers.
    quiet = {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return BashOperator(bash_command=_line(command), env=quiet, append_env=True, **declared)


def _spark_conf(place: Place, env: Env) -> dict[str, str]:
    """[spark.conf] of the env file; where it does not say how Delta comes to the cluster, the env's own jars are sent."""
    is_brought = {"spark.jars", "spark.jars.packages"} & env.spark.conf.keys()
    jars = {"spark.jars": f"{env.jars}/*.jar"} if env.jars and not is_brought else {}
    return {"spark.pyspark.python": str(place.python), **jars, **env.spark.conf}


def _horovodrun(place: Place, n_workers: int) -> list[str]:
    if n_workers == 1:
        return []
    hosts = place.hosts or f"localhost:{n_workers}"
    return [str(place.python.parent / "horovodrun"), "-np", str(n_workers), "-H", hosts, "--gloo"]


def _line(command: list[str]) -> str:
    """The command for a shell; Airflow's placeholder stands unquoted, since what fills it is a date."""
    return " ".join(word if word == RUN_DATE else shlex.quote(word) for word in command)
