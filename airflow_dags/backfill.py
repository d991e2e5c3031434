"""Nights of past days, one run of `nightly` for each, the oldest first.

A backfill writes only the partitions of its days and never moves the published pointer back. Running a day again gives the
same tables. To run a failed day again, clear it here.
"""

from datetime import date, timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, task

from tawny.core.errors import ConfigError


def days(first_date: str, last_date: str) -> list[str]:
    """All days from the first to the last, both included, as `YYYY-MM-DD`.

    >>> days("2020-02-28", "2020-03-01")
    ['2020-02-28', '2020-02-29', '2020-03-01']

    Raises:
        ConfigError: the last day is before the first.
    """
    first, last = date.fromisoformat(first_date), date.fromisoformat(last_date)
    if last < first:
        rule = "last_date must not be before first_date."
        raise ConfigError(where="backfill", rule=rule, came=f"{first} to {last}", do="Swap the dates.")
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


with DAG(
    dag_id="backfill",
    description="The nights of past days.",
    schedule=None,
    catchup=False,
    params={
        "first_date": Param(type="string", format="date", description="the first day"),
        "last_date": Param(type="string", format="date", description="the last day, included"),
    },
    tags=["tawny"],
) as dag:

    @task(owner="recommendations", retries=0, execution_timeout=timedelta(minutes=5))  # type: ignore[untyped-decorator]
    def nights(params: dict[str, Any], run_id: str) -> list[dict[str, Any]]:
        """The arguments of each run of `nightly`."""
        run_dates = days(params["first_date"], params["last_date"])
        return [{"conf": {"run_date": day}, "trigger_run_id": f"{run_id}.{day}"} for day in run_dates]

    TriggerDagRunOperator.partial(
        task_id="night",
        trigger_dag_id="nightly",
        # No logical date: two backfills may run the same day.
        logical_date=None,
        wait_for_completion=True,
        reset_dag_run=True,
        fail_when_dag_is_paused=True,
        max_active_tis_per_dagrun=1,
        owner="recommendations",
        retries=0,
        execution_timeout=timedelta(hours=24),
    ).expand_kwargs(nights())
