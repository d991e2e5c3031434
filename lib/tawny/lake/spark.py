"""Tables as Spark DataFrames."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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

from tawny.core.columns import LIST_KEY
from tawny.core.config import Env
from tawny.core.digest import digest_of
from tawny.core.errors import CheckError, SchemaError
from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake, made_note, sql_predicate
from tawny.lake.base import NOTE, Conditions, Note, Value, Written, note_of, note_text
from tawny.lake.commits import LoggedCommits
from tawny.lake.retry import retry
from tawny.lake.session import spark_session

TAG = f"spark.databricks.delta.commitInfo.{NOTE}"

# A row may hold arrays of some hundreds of numbers: these are at most some 100 MB.
_FEW_ROWS = 20_000

# MERGE takes its tag from the session's configuration only, so merges of one session run one after another.
MERGING = Lock()

# The condition of a merge names that many partitions one by one; of more it names the first and the last.
_MAX_PARTITIONS = 500

# delta-spark's Python classes for these share no base.
COLLISIONS = (
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
    "<=": lambda column, value: column <= value,
    ">=": lambda column, value: column >= value,
}


@dataclass(frozen=True)
class Content:
    """What rows hold: their digest (equal for equal rows, in whatever order and partitions) and their number."""

    digest: str
    n_rows: int


class SparkLake:
    """Tables under `env.root`, as Spark DataFrames; Arrow tables are written without a Spark job.

    So are DataFrames of few rows: a Spark write costs a second or more, an Arrow one some 20 ms. And Spark commits nothing
    where it neither finds nor leaves a row, but that a run left none must be known.
    """

    def __init__(self, env: Env, session: Callable[[Env], SparkSession] = spark_session, few_rows: int = _FEW_ROWS) -> None:
        self.arrow = ArrowLake(env.root)
        self._env, self._session, self._few_rows = env, session, few_rows

    @cached_property
    def spark(self) -> SparkSession:
        """The session, started at the first use."""
        return self._session(self._env)

    def cancel(self) -> None:
        """Cancel all Spark jobs of the session, if there is one; to be called from another thread than the waiting one."""
        if "spark" in vars(self):
            self.spark.sparkContext.cancelAllJobs()

    def ensure(self, specs: Sequence[TableSpec]) -> None:
        """Create the tables that are not there yet, and bring the others to their declaration, without a JVM."""
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
            own = F.col(column)
            frame = frame.where(own.isin(*value) if isinstance(value, tuple) else _COMPARE[op](own, _literal(value)))
        return _as_declared(spec, frame)

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> pa.Table:
        """The same as an Arrow table, refused above `max_rows`."""
        return self.arrow.read_arrow(spec, version, where, max_rows)

    def run_dates(self, spec: TableSpec, version: int) -> list[date]:
        """The run_dates that have rows, ascending, from the log."""
        return self.arrow.run_dates(spec, version)

    def commits(self, spec: TableSpec) -> LoggedCommits:
        """The commits of the table, newest first, as its log has them."""
        return self.arrow.commits(spec)

    def update(self, spec: TableSpec, decide: Callable[[pa.Table], pa.Table], note: Note | None = None) -> Written:
        """Replace the rows of a small table by what `decide` makes of the newest ones, through Arrow."""
        return self.arrow.update(spec, decide, note)

    def write(
        self, spec: TableSpec, frame: Any, constants: Mapping[str, Value], app_id: str, note: Note | None = None
    ) -> Written:
        """Write a DataFrame in the table's mode, or an Arrow table through Arrow; one commit either way.

        Nothing is committed where the partition has the same rows, made from the same inputs, already.
        """
        if isinstance(frame, pa.Table):
            if spec.mode != "merge_by_key":
                return self.arrow.write(spec, frame, constants, app_id, note)
            frame = self.spark.createDataFrame(frame)  # only Spark merges
        placeholder = {spec.id_column: ""} if spec.id_column else {}
        conformed = conform(spec, frame, {**constants, **placeholder}).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            if spec.mode == "replace_partition" and conformed.count() <= self._few_rows:
                return self.arrow.write(spec, conformed.toArrow(), constants, app_id, note)
            content = check_unique(spec, conformed)
            if spec.mode != "replace_partition":
                return self._commit(spec, conformed, constants, app_id, note or {})
            return self._replace(spec, conformed, constants, app_id, note or {}, content)
        finally:
            conformed.unpersist()

    def _replace(
        self, spec: TableSpec, frame: DataFrame, constants: Mapping[str, Value], app_id: str, note: Note, content: Content
    ) -> Written:
        owned = {**constants, spec.id_column: content.digest} if spec.id_column else dict(constants)
        made = {**note, **made_note(owned, content.digest, content.n_rows)}
        if (last := self.arrow.unchanged(spec, owned, made)) is not None:
            return Written(last, content.n_rows, content.digest, is_new=False)
        named = frame.withColumn(spec.id_column, F.lit(content.digest)) if spec.id_column else frame
        # In the order of the key, as of lake/arrow.py: sums over the rows have the same last digits, and files are smaller.
        ordered = named.sortWithinPartitions(*spec.key)
        return replace(self._commit(spec, ordered, owned, app_id, made), digest=content.digest)

    def _commit(self, spec: TableSpec, frame: DataFrame, constants: Mapping[str, Value], app_id: str, note: Note) -> Written:
        # It tells this commit from those of other writers; the version number alone does not.
        write_id = uuid.uuid4().hex
        tag = note_text({"app_id": app_id, "write": write_id, **note})
        before = self.arrow.version(spec)
        write = partial(self._merge, spec, frame, tag)
        if spec.mode != "merge_by_key":
            write = partial(self._save, spec, frame, constants, app_id, tag)
        try:
            retry(COLLISIONS, write)
        except (PySparkException, Py4JJavaError) as exc:
            raise _as_check_error(spec, exc) from exc
        return self._written(spec, before, write_id)

    def _save(self, spec: TableSpec, frame: DataFrame, constants: Mapping[str, Value], app_id: str, tag: str) -> None:
        writer = frame.write.format("delta").option(NOTE, tag)
        if spec.mode == "append_once":
            # The date is part of the app id, not of the version: Delta skips versions that are not newer.
            writer = writer.mode("append").options(txnAppId=app_id, txnVersion="1")
        else:
            # An explicit predicate: dynamic overwrite would keep the old rows of a partition that is now empty.
            writer = writer.mode("overwrite").option("replaceWhere", sql_predicate(constants))
        writer.save(self.arrow.path(spec))

    def _merge(self, spec: TableSpec, frame: DataFrame, tag: str) -> None:
        equal = [f"old.`{column}` = new.`{column}`" for column in spec.key]
        target = DeltaTable.forPath(self.spark, self.arrow.path(spec)).alias("old")
        merge = target.merge(frame.alias("new"), " AND ".join([*_own_partitions(spec, frame), *equal]))
        # Where rows are never updated, Delta looks for the new ones by one join, and rewrites no file.
        if not spec.is_immutable:
            # A row that did not change is not rewritten: running the same night again changes no file.
            merge = merge.whenMatchedUpdateAll(condition=_differs(spec))
        merge = merge.whenNotMatchedInsertAll()
        with MERGING:
            self.spark.conf.set(TAG, tag)
            try:
                merge.execute()
            finally:
                self.spark.conf.unset(TAG)

    def _written(self, spec: TableSpec, before: int, write_id: str) -> Written:
        """This write's version and rows; the newest version and 0 rows where Delta had nothing to commit."""
        for commit in self.arrow.commits_since(spec, before):
            if note_of(commit).get("write") == write_id:
                metrics = commit.get("operationMetrics", {})
                of_merge = ("numTargetRowsInserted", "numTargetRowsUpdated")
                names = of_merge if spec.mode == "merge_by_key" else ("numOutputRows",)
                return Written(commit["version"], sum(int(metrics.get(name, 0)) for name in names))
        return Written(self.arrow.version(spec), 0)


def _as_declared(spec: TableSpec, frame: DataFrame) -> DataFrame:
    """The columns in the declared order; those that the version did not have yet are null."""
    if frame.columns == list(spec.columns):
        return frame
    for name, column in spec.columns.items():
        if name not in frame.columns and column.nullable:
            frame = frame.withColumn(name, F.lit(None).cast(column.type))
    return frame.select(*spec.columns)


def conform(spec: TableSpec, frame: DataFrame, constants: Mapping[str, Value]) -> DataFrame:
    """The frame with the run's constants filled in and its columns in the declared order.

    Raises:
        SchemaError: a column is missing, unknown or of another type. Nulls are refused by the table itself.
    """
    for name, value in constants.items():
        if name not in frame.columns:
            frame = frame.withColumn(name, _literal(value))
    declared = cast(StructType, StructType.fromDDL(spec.ddl))
    actual = {field.name: field.dataType.simpleString() for field in frame.schema}
    wrong = [
        f"{field.name} {actual.get(field.name, 'missing')} instead of {field.dataType.simpleString()}"
        for field in declared
        if actual.get(field.name) != field.dataType.simpleString()
    ]
    wrong += [f"{name} is unknown" for name in frame.columns if name not in spec.columns]
    if wrong:
        rule = "the frame must have the declared columns."
        raise SchemaError(where=spec.name, rule=rule, came="; ".join(wrong), do="Fix the job, or the table's declaration.")
    return frame.select(*spec.columns)


def check_unique(spec: TableSpec, frame: DataFrame) -> Content:
    """The content of the rows, from the one pass that raises CheckError where two of them have the same key."""
    by_key = frame.groupBy(*spec.key).agg(*_content_sums(spec, frame.columns))
    named = F.concat_ws(", ", *(F.concat(F.lit(f"{key}="), F.col(key).cast("string")) for key in spec.key))
    commonest = F.max_by(named, "n").alias("commonest")
    sums = [F.sum(name).alias(name) for name in ("n", "sum_0", "sum_1")]
    row = by_key.agg(*sums, F.max("n").alias("most"), commonest).first()
    found = row.asDict() if row else {}
    if (found.get("most") or 0) > 1:
        rule, came = f"({', '.join(spec.key)}) must be unique.", f"{found['most']} rows with {found['commonest']}"
        raise CheckError(where=spec.name, rule=rule, came=came, do="Nothing was written.")
    return _content(found)


def content(spec: TableSpec, frame: DataFrame) -> Content:
    """The content of rows of a table; where the key decides the whole row, of the keys alone."""
    columns = list(spec.key) if spec.is_immutable else frame.columns
    row = frame.agg(*_content_sums(spec, columns)).first()
    return _content(row.asDict() if row else {})


def _content_sums(spec: TableSpec, columns: Sequence[str]) -> list[Column]:
    """The number of rows, and two sums of hashes of 64 bits: sums do not depend on the order of the rows."""
    # Spark does not hash maps; as JSON, with sorted keys, they are text.
    values = [
        F.to_json(F.array_sort(F.map_entries(name))) if spec.columns[name].type.startswith("map<") else F.col(name)
        for name in columns
    ]
    hashes = [F.xxhash64(F.lit(seed), *values).cast("decimal(38,0)") for seed in ("a", "b")]
    return [F.count(F.lit(1)).alias("n"), *(F.sum(one).alias(f"sum_{i}") for i, one in enumerate(hashes))]


def _content(sums: Mapping[str, Any]) -> Content:
    return Content(digest_of(*(sums.get(name) or 0 for name in ("n", "sum_0", "sum_1"))), int(sums.get("n") or 0))


def _differs(spec: TableSpec) -> str:
    """SQL, true where a column outside the key changed; Spark cannot compare maps, so their JSON is compared."""
    same = [
        f"to_json(old.`{name}`) <=> to_json(new.`{name}`)" if column.type.startswith("map<")
        else f"old.`{name}` <=> new.`{name}`"
        for name, column in spec.columns.items()
        if name not in spec.key
    ]  # fmt: skip
    return f"NOT ({' AND '.join(same)})"


def _own_partitions(spec: TableSpec, frame: DataFrame) -> list[str]:
    """SQL conditions that name the partitions in which the rows of a merge lie, so that it reads no files of others.

    Only where the key decides the whole row, and so its partition: a row with an equal key lies in the same partition, and
    no match can be missed. Elsewhere a row may have moved, and all partitions are read.
    """
    if not spec.is_immutable:
        return []
    found = []
    for column in spec.partition_by:
        values = frame.select(column).distinct().limit(_MAX_PARTITIONS + 1).toArrow()[column].to_pylist()
        if len(values) > _MAX_PARTITIONS:
            ends = frame.agg(F.min(column).alias("first"), F.max(column).alias("last")).toArrow().to_pylist()[0]
            found.append(f"old.`{column}` BETWEEN {_sql_literal(ends['first'])} AND {_sql_literal(ends['last'])}")
        else:
            found.append(f"old.`{column}` IN ({', '.join(map(_sql_literal, sorted(values)))})" if values else "false")
    return found


def _sql_literal(value: Value) -> str:
    """A value as an SQL literal.

    >>> _sql_literal(date(2020, 1, 1)), _sql_literal("it"), _sql_literal(3)
    ("DATE'2020-01-01'", "'it'", '3')
    """
    if isinstance(value, date):
        return f"DATE'{value.isoformat()}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _literal(value: Value) -> Column:
    if isinstance(value, date) and not isinstance(value, datetime):
        return F.lit(value.isoformat()).cast("date")
    return F.lit(value)


def _as_check_error(spec: TableSpec, exc: Exception) -> Exception:
    text = str(exc)
    phrases = ("DELTA_VIOLATE_CONSTRAINT", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "NOT NULL constraint", "CHECK constraint")
    if not any(phrase in text for phrase in phrases):
        return exc
    came = next((line.strip() for line in text.splitlines() if any(phrase in line for phrase in phrases)), text[:500])
    rule = f"every row must meet the table's checks ({spec.checks or 'no nulls'})."
    return CheckError(where=spec.name, rule=rule, came=came, do="Nothing was written. Fix the job or the data.")


def gather(frame: DataFrame, max_rows: int, what: str) -> pa.Table:
    """The frame as an Arrow table.

    Raises:
        CheckError: more than `max_rows` rows: nothing that grows with the users may be held by one process.
    """
    table = frame.limit(max_rows + 1).toArrow()
    if table.num_rows > max_rows:
        rule = f"one process holds at most {max_rows} rows."
        raise CheckError(where=what, rule=rule, came="more", do="Sample the rows, or sum them in Spark.")
    return table


def sample_users(frame: DataFrame, n_rows: int, seed: int) -> DataFrame:
    """At most `n_rows` rows, those of the users with the smallest hashes; rows of one user stay together.

    Args:
        frame: has the column user_id, and as_of_ts where a user has several rows.
        n_rows: positive; the last user may lose some of the latest rows.
        seed: another seed gives other users.
    """
    keys = [name for name in LIST_KEY if name in frame.columns]
    return frame.orderBy(F.xxhash64(F.col("user_id"), F.lit(seed)), *keys).limit(n_rows)
