"""Tables as Spark DataFrames."""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property, partial
from threading import Lock
from typing import Any, cast

import pyarrow as pa
from delta.exceptions import (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    MetadataChangedException,
    ProtocolChangedException,
)
from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tawny.core.config import Env
from tawny.core.errors import CheckError, SchemaError
from tawny.core.lake import Conditions, Value, Written
from tawny.core.table import TableSpec
from tawny.delta.again import again_on
from tawny.delta.arrow_io import ArrowLake, sql_predicate
from tawny.delta.session import spark_session


class SparkLake:
    """Tables under `env.root`, as Spark DataFrames; small ones are read and written through Arrow, without a Spark job."""

    def __init__(self, env: Env, session: Callable[[Env], SparkSession] = spark_session) -> None:
        self.arrow = ArrowLake(env.root)
        self._env, self._session = env, session

    @cached_property
    def spark(self) -> SparkSession:
        """The session, started at the first use."""
        return self._session(self._env)

    def ensure(self, specs: Sequence[TableSpec]) -> None:
        """Create the tables that are not there yet."""
        self.arrow.ensure(specs)

    def version(self, spec: TableSpec) -> int:
        """The newest version."""
        return self.arrow.version(spec)

    def count(self, spec: TableSpec, version: int, where: Conditions) -> int | None:
        """Rows of whole partitions, from the log."""
        return self.arrow.count(spec, version, where)

    def read(self, spec: TableSpec, version: int, where: Conditions) -> DataFrame:
        """The rows of that version that meet all conditions."""
        frame = self.spark.read.format("delta").option("versionAsOf", version).load(self.arrow.path(spec))
        for column, op, value in where:
            found = F.col(column).isin(*value) if isinstance(value, tuple) else _COMPARE[op](F.col(column), _literal(value))
            frame = frame.where(found)
        return frame

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> pa.Table:
        """The same as an Arrow table, refused above `max_rows`."""
        return self.arrow.read_arrow(spec, version, where, max_rows)

    def write(self, spec: TableSpec, frame: Any, constants: dict[str, Value], app_id: str) -> Written:
        """Write a DataFrame in the table's mode, or an Arrow table through Arrow; one commit either way."""
        if isinstance(frame, pa.Table):
            return self.arrow.write(spec, frame, constants, app_id)
        ready = conform(spec, frame, constants).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            check_unique(spec, ready)
            return self._commit(spec, ready, constants, app_id)
        finally:
            ready.unpersist()

    def _commit(self, spec: TableSpec, frame: DataFrame, constants: dict[str, Value], app_id: str) -> Written:
        # Delta's commit says which of several writers at once made it; the version number alone does not.
        tag = f"{app_id}/{uuid.uuid4().hex}"
        before = self.arrow.version(spec)
        act = partial(self._merge, spec, frame, tag)
        if spec.mode != "merge_by_key":
            act = partial(self._save, spec, frame, constants, app_id, tag)
        try:
            again_on(_COLLISIONS, act)
        except (PySparkException, Py4JJavaError) as exc:
            raise _as_check_error(spec, exc) from exc
        return self._written(spec, before, tag)

    def _save(self, spec: TableSpec, frame: DataFrame, constants: dict[str, Value], app_id: str, tag: str) -> None:
        writer = frame.write.format("delta").option("userMetadata", tag)
        if spec.mode == "append_once":
            # The date is part of the app id, never the version: Delta skips versions that are not newer.
            writer = writer.mode("append").options(txnAppId=app_id, txnVersion="1")
        else:
            # An explicit predicate: dynamic overwrite would leave yesterday's rows where today has none.
            writer = writer.mode("overwrite").option("replaceWhere", sql_predicate(constants))
        writer.save(self.arrow.path(spec))

    def _merge(self, spec: TableSpec, frame: DataFrame, tag: str) -> None:
        on = " AND ".join(f"old.`{column}` = new.`{column}`" for column in spec.key)
        target = DeltaTable.forPath(self.spark, self.arrow.path(spec)).alias("old")
        merge = target.merge(frame.alias("new"), on)
        if not spec.is_immutable:
            # A row that did not change is not rewritten: the same night again leaves every file as it is.
            merge = merge.whenMatchedUpdateAll(condition=_differs(spec))
        merge = merge.whenNotMatchedInsertAll()
        # MERGE takes its tag from the session only, so merges of one session go one after another.
        with _MERGING:
            self.spark.conf.set(_TAG, tag)
            try:
                merge.execute()
            finally:
                self.spark.conf.unset(_TAG)

    def _written(self, spec: TableSpec, before: int, tag: str) -> Written:
        """The version that this write made and its rows; the newest version and 0 where Delta had nothing to commit."""
        for commit in self.arrow.commits_since(spec, before):
            if commit.get("userMetadata") == tag:
                counted = commit.get("operationMetrics", {})
                merged = ("numTargetRowsInserted", "numTargetRowsUpdated")
                keys = merged if spec.mode == "merge_by_key" else ("numOutputRows",)
                return Written(commit["version"], sum(int(counted.get(key, 0)) for key in keys))
        return Written(self.arrow.version(spec), 0)


_TAG = "spark.databricks.delta.commitInfo.userMetadata"
_MERGING = Lock()
# delta-spark's Python classes for these share no base.
_COLLISIONS = (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    MetadataChangedException,
    ProtocolChangedException,
)

_COMPARE: dict[str, Callable[[Column, Column], Column]] = {
    "=": lambda column, value: column == value,
    "<": lambda column, value: column < value,
    ">=": lambda column, value: column >= value,
}


def conform(spec: TableSpec, frame: DataFrame, constants: dict[str, Value]) -> DataFrame:
    """The frame with the run's constants filled in and its columns in the declared order.

    Raises:
        SchemaError: a column is missing, unknown or of another type. Nulls are refused by the table itself.
    """
    for name, value in constants.items():
        if name not in frame.columns:
            frame = frame.withColumn(name, _literal(value))
    declared = cast(StructType, StructType.fromDDL(spec.ddl))
    have = {field.name: field.dataType.simpleString() for field in frame.schema}
    wrong = [
        f"{field.name} {have.get(field.name, 'missing')} instead of {field.dataType.simpleString()}"
        for field in declared
        if have.get(field.name) != field.dataType.simpleString()
    ]
    wrong += [f"{name} is unknown" for name in frame.columns if name not in spec.columns]
    if wrong:
        rule = "the frame must have the declared columns."
        raise SchemaError(where=spec.name, rule=rule, came="; ".join(wrong), do="Mend the job, or the table's declaration.")
    return frame.select(*spec.columns)


def check_unique(spec: TableSpec, frame: DataFrame) -> None:
    """Raise CheckError where two rows have the same key."""
    twice = frame.groupBy(*spec.key).count().where("count > 1").first()
    if twice is not None:
        came = f"{twice['count']} rows with {', '.join(f'{key}={twice[key]}' for key in spec.key)}"
        raise CheckError(
            where=spec.name, rule=f"({', '.join(spec.key)}) must be unique.", came=came, do="Nothing was written."
        )


def _differs(spec: TableSpec) -> str:
    """True where any column outside the key changed; maps cannot be compared, their JSON can."""
    same = [
        f"to_json(old.`{name}`) <=> to_json(new.`{name}`)" if column.type.startswith("map<")
        else f"old.`{name}` <=> new.`{name}`"
        for name, column in spec.columns.items()
        if name not in spec.key
    ]  # fmt: skip
    return f"NOT ({' AND '.join(same)})"


def _literal(value: Value) -> Column:
    if isinstance(value, date) and not isinstance(value, datetime):
        return F.lit(value.isoformat()).cast("date")
    return F.lit(value)


def _as_check_error(spec: TableSpec, exc: Exception) -> Exception:
    text = str(exc)
    broken = ("DELTA_VIOLATE_CONSTRAINT", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "NOT NULL constraint", "CHECK constraint")
    if not any(mark in text for mark in broken):
        return exc
    came = next((line.strip() for line in text.splitlines() if any(mark in line for mark in broken)), text[:500])
    rule = f"every row must meet the table's checks ({spec.checks or 'no nulls'})."
    return CheckError(where=spec.name, rule=rule, came=came, do="Nothing was written. Mend the job or the data.")
