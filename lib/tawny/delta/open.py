"""The lake of an env: where a job's engine and the manifest find their tables."""

from typing import Any

from tawny.core.config import Env
from tawny.core.job import Engine
from tawny.core.lake import Lake
from tawny.core.run import Record, as_row
from tawny.delta.arrow_io import ArrowLake
from tawny.delta.types import arrow_schema
from tawny.tables.runs import RUNS


def open_lake(env: Env, engine: Engine) -> Lake[Any]:
    """A Spark lake for Spark jobs, an Arrow lake (no JVM) for all others."""
    if engine != "spark":
        return ArrowLake(env.root)
    from tawny.delta.spark_io import SparkLake

    return SparkLake(env)


def keep_record(env: Env, record: Record) -> None:
    """Append the record to runs_v1; a retry lands once."""
    import pyarrow as pa

    lake = ArrowLake(env.root)
    lake.ensure([RUNS])
    row = pa.Table.from_pylist([as_row(record)], schema=arrow_schema(RUNS))
    lake.write(RUNS, row, {}, app_id=f"{RUNS.name}/{record.run_id}")
