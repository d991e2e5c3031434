"""The night in Airflow: the tasks, the edges and their limits derive from the jobs' declarations.

A run makes the lists of one day: the day its data interval ends on, or the parameter `run_date`.
"""

from _tasks import Place, night_tasks, run_date_of
from airflow.sdk import DAG, Param
from airflow.timetables.interval import CronDataIntervalTimetable

with DAG(
    dag_id="nightly",
    description="Every user's ranked, explained, audited list for the day.",
    # A data interval, not a cron string: those are points in time in Airflow 3, and a run would have no interval to end.
    schedule=CronDataIntervalTimetable("0 1 * * *", timezone="UTC"),
    # Missed days are made by the backfill DAG, which asks for them by name.
    catchup=False,
    # Days may overlap without harm (a partition has one writer); one at a time leaves the cluster to the newest list.
    max_active_runs=1,
    params={"run_date": Param(None, type=["null", "string"], format="date", description="the day to make lists for")},
    user_defined_macros={"run_date_of": run_date_of},
    tags=["tawny"],
) as dag:
    night_tasks(Place.from_environment())
