"""A lake of a test's own, in which jobs run as a night runs them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import SparkSession

import tawny_jobs
from tawny.core.config import Env, NightSettings
from tawny.core.table import TableSpec
from tawny.lake.spark import SparkLake
from tawny.runner.manifest import Record
from tawny.runner.plan import find_task, load_jobs
from tawny.runner.run import execute, open_run
from tawny.tables.registry import all_tables

JOBS = load_jobs(tawny_jobs)
RUN_DATE = date(2024, 3, 1)

Row = dict[str, Any]


@dataclass(frozen=True)
class SmallLake:
    """Tables, a landing folder, and the settings of a night."""

    lake: SparkLake
    env: Env
    night: NightSettings

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return Path(self.env.landing)

    def with_settings(self, job: str, **settings: Any) -> "SmallLake":
        """The same lake, with settings of a job."""
        return replace(self, env=self.env.model_copy(update={"jobs": {job: settings}}))

    def run(self, task_id: str, run_date: date = RUN_DATE) -> Record:
        """Run a job; what it kept."""
        task = find_task(JOBS, task_id, self.night)
        return execute(open_run(task, run_date, self.env, self.night, self.lake), lambda record: None)

    def rows(self, table: TableSpec, **where: Any) -> list[Row]:
        """The rows with these values, in the order of the key; maps are mappings."""
        found = DeltaTable(self.lake.arrow.path(table)).to_pyarrow_table().to_pylist(maps_as_pydicts="strict")
        chosen = [row for row in found if all(row[name] == value for name, value in where.items())]
        return sorted(chosen, key=lambda row: [str(row[name]) for name in table.key])

    def values(self, table: TableSpec, *columns: str, **where: Any) -> list[tuple[Any, ...]]:
        """The rows as tuples of these columns."""
        return [tuple(row[column] for column in columns) for row in self.rows(table, **where)]

    def versions(self, *tables: TableSpec) -> list[int]:
        """The newest version of each table."""
        return [self.lake.version(table) for table in tables]

    def digest(self, tables: Iterable[TableSpec]) -> dict[str, str]:
        """By table, a hash of all its rows."""
        return {table.name: hashlib.sha256(repr(self.rows(table)).encode()).hexdigest() for table in tables}


def new_lake(spark: SparkSession, root: Path, night: NightSettings | None = None) -> SmallLake:
    """An empty lake below `root`, with all tables."""
    (root / "landing").mkdir()
    env = Env(root=str(root / "lake"), landing=str(root / "landing"))
    lake = SparkLake(env, session=lambda _: spark)
    lake.ensure(list(all_tables().values()))
    return SmallLake(lake, env, night or NightSettings())
