"""The maintenance of the tables: old run_dates, lists, files and log entries go, and small files become large ones.

It runs some hours after the night, and may run beside it: readers keep the version that they have pinned, and what collides
with a writer is left to the next day.
"""

from _tasks import Deployment, maintenance_operator, run_date_of
from airflow.sdk import DAG, Param
from airflow.timetables.interval import CronDataIntervalTimetable

with DAG(
    dag_id="maintenance",
    description="Keeps the tables small.",
    schedule=CronDataIntervalTimetable("0 7 * * *", timezone="UTC"),
    # A run does what missed ones have left.
    catchup=False,
    max_active_runs=1,
    params={"run_date": Param(None, type=["null", "string"], format="date", description="never count days from later")},
    user_defined_macros={"run_date_of": run_date_of},
    tags=["tawny"],
) as dag:
    maintenance_operator(Deployment.from_environment())
