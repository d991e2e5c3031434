"""The tasks of a night as Airflow operators, built from the jobs' declarations; and the run_date of a DAG run.

These environment variables must be the same on the machine that parses the DAGs and on those that run the tasks. They are
not Airflow Variables, because the shape of the DAG depends on them, and parsing must not query a database:

    TAWNY_HOME          the checkout; default: that of this file
    TAWNY_ENV           the env file: tables, landing files, [spark.conf] for spark-submit, [horovod] workers, sources;
                        default: conf/env/cluster.toml of the checkout
    TAWNY_PYTHON        the Python interpreter of the night, with horovodrun beside it; default: .venv/bin/python of the
                        checkout
    TAWNY_SPARK_CONN    the Airflow connection of the cluster, in its JSON form; default: spark_default
    TAWNY_HOSTS         the hosts of horovodrun (`one:4,two:4`); default: this machine

Set master, deploy mode and queue in the connection; memory, executors, Delta's package and a container image in
[spark.conf] of the env file. spark-submit must be on the PATH of Airflow's workers.

A task whose job refuses (exit codes 2 to 6: a setting, a file, a check, a missing input) is not retried: it would refuse
again. Where the job's code is not known, as from a driver on YARN or on a standalone cluster, or from one of several workers
of horovodrun, the retries stay.
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
from airflow.sdk.exceptions import AirflowException, AirflowFailException

import tawny_jobs
from tawny.core.config import Env, load_env, night_settings
from tawny.core.errors import ConfigError, final_exit_codes
from tawny.runner import horovod
from tawny.runner.plan import Task, check_job_settings, load_jobs, night_tasks

RUN_DATE = "{{ run_date_of(params, dag_run) }}"
REPORT = "report"
"""The task that writes the page."""

RETRY_DELAY = timedelta(minutes=5)


class DagRun(Protocol):
    """The part of an Airflow DagRun that is needed here."""

    data_interval_end: datetime | None


def run_date_of(params: Mapping[str, Any], dag_run: DagRun) -> str:
    """The run_date of a DAG run, `YYYY-MM-DD`: its parameter `run_date`, else the UTC day on which its interval ends.

    A run that an asset or a user starts may have no interval. The clock is never read: a task that is cleared next week must
    run for the same day again.

    Raises:
        ConfigError: the parameter is not a date, or there is neither.
    """
    if given := params.get("run_date"):
        try:
            return date.fromisoformat(given).isoformat()
        except ValueError as exc:
            raise _no_run_date(f"run_date = {given!r}") from exc
    if dag_run.data_interval_end is None:
        raise _no_run_date("a run without a data interval and without the parameter run_date")
    return dag_run.data_interval_end.astimezone(UTC).date().isoformat()


def _no_run_date(came: str) -> ConfigError:
    rule = "a run must have the parameter run_date (YYYY-MM-DD) or a data interval."
    return ConfigError(where="nightly", rule=rule, came=came, do='Trigger it with {"run_date": "YYYY-MM-DD"}.')


@dataclass(frozen=True)
class Deployment:
    """Where and how the tasks run: the environment variables above."""

    home: Path
    env_file: Path
    python: Path
    spark_conn: str
    hosts: str | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Deployment":
        """From the environment variables, with their defaults."""
        home = Path(environ.get("TAWNY_HOME", Path(__file__).resolve().parents[1]))
        env_file = Path(environ.get("TAWNY_ENV", home / "conf" / "env" / "cluster.toml"))
        python = Path(environ.get("TAWNY_PYTHON", home / ".venv" / "bin" / "python"))
        return cls(home, env_file, python, environ.get("TAWNY_SPARK_CONN", "spark_default"), environ.get("TAWNY_HOSTS"))

    def job_file(self, task: Task) -> str:
        """The path of the job file."""
        return str(self.home / "jobs" / task.job.file.name)

    def arguments(self, task: Task) -> list[str]:
        """The arguments of the job file."""
        return horovod.job_arguments(RUN_DATE, task.variant, self.env_file)


class ShellTask(BashOperator):  # type: ignore[misc]
    """A command that is not retried where its exit code says that it would end the same."""

    def execute(self, context: Any) -> Any:
        """Run the command."""
        try:
            return super().execute(context)
        except AirflowException as exc:
            process = self.subprocess_hook.sub_process
            _refuse_retries(process.returncode if process else None, exc)
            raise


class SparkTask(SparkSubmitOperator):  # type: ignore[misc]
    """A job under spark-submit that is not retried where its exit code says that it would end the same."""

    def execute(self, context: Any) -> None:
        """Submit the job and wait for its end."""
        try:
            super().execute(context)
        except AirflowException as exc:
            _refuse_retries(_spark_exit_code(self._hook), exc)
            raise


def _spark_exit_code(hook: Any) -> int | None:
    """Of the job: on Kubernetes the driver's, where the provider read it from the log, else that of spark-submit itself."""
    process = getattr(hook, "_submit_sp", None)
    # In client mode the provider sets the driver's to 0.
    return getattr(hook, "_spark_exit_code", None) or (process.returncode if process else None)


def _refuse_retries(exit_code: int | None, exc: Exception) -> None:
    """Raise AirflowFailException after an exit code that is final."""
    if exit_code in final_exit_codes():
        raise AirflowFailException(f"The job refused (exit code {exit_code}); a retry would end the same. {exc}") from exc


def night_operators(deployment: Deployment) -> dict[str, BaseOperator]:
    """An operator for every task of the night, by task_id; call it inside a DAG. A task runs after the tasks it needs.

    Raises:
        ConfigError: a setting or a job's declaration is wrong.
    """
    env, jobs = load_env(deployment.env_file), load_jobs(tawny_jobs)
    check_job_settings(jobs, env)
    tasks = night_tasks(jobs, night_settings(env))
    operators = {task.task_id: _operator(task, deployment, env) for task in tasks}
    for task in tasks:
        for other in tasks:
            if task != other and task.needs(other):
                operators[other.task_id] >> operators[task.task_id]
    return operators


def report_operator(deployment: Deployment, night: Mapping[str, BaseOperator]) -> BaseOperator:
    """The operator that writes the night's page; call it inside a DAG. It runs when the night has ended, in whatever way.

    A teardown, so that a run whose night failed is a failed run although its page could be written.

    Args:
        deployment: where.
        night: the operators of the night, by task_id.
    """
    arguments = ["--run-date", RUN_DATE, "--env", str(deployment.env_file)]
    operator = ShellTask(
        task_id=REPORT,
        bash_command=_shell_command([str(deployment.python.parent / "tawny"), "report", *arguments]),
        doc="Write the page of the night: what is worse than before, and why.",
        owner="recommendations",
        retries=2,
        retry_delay=RETRY_DELAY,
        execution_timeout=timedelta(minutes=30),
    ).as_teardown()
    for other in night.values():
        if not other.downstream_task_ids:
            other >> operator
    return operator


def maintenance_operator(deployment: Deployment) -> BaseOperator:
    """The operator that keeps the tables small; call it inside a DAG."""
    arguments = ["--run-date", RUN_DATE, "--env", str(deployment.env_file)]
    return ShellTask(
        task_id="maintain",
        bash_command=_shell_command([str(deployment.python.parent / "tawny"), "maintain", *arguments]),
        doc="Drop what no night needs any more, compact small files, remove old ones.",
        owner="recommendations",
        retries=2,
        retry_delay=RETRY_DELAY,
        execution_timeout=timedelta(hours=6),
    )


def _operator(task: Task, deployment: Deployment, env: Env) -> BaseOperator:
    declared = {
        "task_id": task.task_id,
        "doc": task.job.purpose,
        "owner": task.job.owner,
        "retries": task.job.retries,
        "retry_delay": RETRY_DELAY,
        "execution_timeout": timedelta(minutes=task.job.timeout_minutes),
    }
    if task.job.engine == "spark":
        return SparkTask(
            application=deployment.job_file(task),
            application_args=deployment.arguments(task),
            conf=_spark_conf(deployment, env),
            conn_id=deployment.spark_conn,
            name=f"tawny.{task.task_id}",
            **declared,
        )
    n_workers = env.horovod.workers if task.job.engine == "horovod" else 1
    argv = [deployment.job_file(task), *deployment.arguments(task)]
    command = horovod.command(argv, n_workers, python=str(deployment.python), hosts=deployment.hosts)
    return ShellTask(bash_command=_shell_command(command), env=horovod.ENVIRONMENT, append_env=True, **declared)


def _spark_conf(deployment: Deployment, env: Env) -> dict[str, str]:
    """[spark.conf] of the env file; where it does not name Delta's package, the env's jars are submitted."""
    has_jars = {"spark.jars", "spark.jars.packages"} & env.spark.conf.keys()
    jars = {"spark.jars": f"{env.jars}/*.jar"} if env.jars and not has_jars else {}
    return {"spark.pyspark.python": str(deployment.python), **jars, **env.spark.conf}


def _shell_command(command: list[str]) -> str:
    """The command for a shell; Airflow's placeholder is not quoted, because a date replaces it."""
    return " ".join(word if word == RUN_DATE else shlex.quote(word) for word in command)
