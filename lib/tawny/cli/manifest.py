"""What runs_v1 says of a run that another process executed."""

from typing import TYPE_CHECKING

from tawny.core.errors import WorkerError
from tawny.core.job import Task
from tawny.core.run import Record
from tawny.tables.runs import RUNS

if TYPE_CHECKING:
    from datetime import date

    from tawny.delta.arrow_io import ArrowLake


def newest_record(lake: "ArrowLake", task: Task, run_date: "date") -> Record:
    """The record of the task's last run for run_date.

    Raises:
        WorkerError: there is none: the workers ended without having kept it.
    """
    lake.ensure([RUNS])
    rows = lake.read(RUNS, lake.version(RUNS), (("run_date", "=", run_date), ("job", "=", task.name))).to_pylist()
    rows = sorted((row for row in rows if row["variant"] == task.variant), key=lambda row: row["started_ts"])
    if not rows:
        rule = "the workers must keep the record of their run."
        raise WorkerError(where=task.task_id, rule=rule, came=f"none in {RUNS.name}", do="Read the workers' output above.")
    maps = {name: dict(rows[-1][name]) for name, column in RUNS.columns.items() if column.type.startswith("map<")}
    return Record(**{**rows[-1], **maps})
