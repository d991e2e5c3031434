"""The night in Airflow; tasks, edges, retries and timeouts follow from the jobs' declarations.

A run makes the lists of one day: the day on which its data interval ends, or the parameter `run_date`.
"""

from _tasks import Deployment, night_operators, report_operator, run_date_of
from airflow.sdk import DAG, Param
from airflow.timetables.interval import CronDataIntervalTimetable

with DAG(
    dag_id="nightly",
    description="Every user's ranked, explained, audited list for the day.",
    # A cron string is a point in time in Airflow 3; this timetable gives each run a data interval.
    schedule=CronDataIntervalTimetable("0 1 * * *", timezone="UTC"),
    # Run missed days with the DAG `backfill`.
    catchup=False,
    # Days may overlap without harm (a partition has one writer); one at a time keeps the cluster free for the newest list.
    max_active_runs=1,
    params={"run_date": Param(None, type=["null", "string"], format="date", description="the day to make lists for")},
    user_defined_macros={"run_date_of": run_date_of},
    tags=["tawny"],
) as dag:
    deployment = Deployment.from_environment()
    report_operator(deployment, night_operators(deployment))
