"""Tables without a JVM: creating them, counting, reading and writing what is of the catalogue's size.

Made for the trainers, the manifest, models and the command line. MERGE is left to Spark.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from tawny.core.errors import CheckError, ConfigError, StaleInputError
from tawny.core.lake import Conditions, Value, Written
from tawny.core.table import TableSpec
from tawny.delta.again import again_on
from tawny.delta.arrow_check import check_unique, conform
from tawny.delta.types import arrow_schema

logger = logging.getLogger(__name__)


class ArrowLake:
    """Tables under `root`, as Arrow tables."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")

    def path(self, spec: TableSpec) -> str:
        """Where a table lies."""
        return f"{self.root}/{spec.name}"

    def ensure(self, specs: Sequence[TableSpec]) -> None:
        """Create the tables that are not there yet; two callers at once are fine."""
        for spec in specs:
            # Of two creators at once, the one that lost looks again and finds the winner's table.
            again_on(CommitFailedError, partial(self._ensure, spec))

    def version(self, spec: TableSpec) -> int:
        """The newest version."""
        return self._open(spec, None).version()

    def count(self, spec: TableSpec, version: int, where: Conditions) -> int | None:
        """Rows of whole partitions, from the log; None where a condition is not on a partition column."""
        if any(column not in spec.partition_by for column, _, _ in where):
            return None
        files = pa.table(self._open(spec, version).get_add_actions(flatten=True))
        for column, op, value in where:
            values = files[f"partition.{column}"]
            other = pa.array(value, values.type) if isinstance(value, tuple) else pa.scalar(value, values.type)
            files = files.filter(_COMPARE[op](values, other))
        return int(pc.sum(files["num_records"]).as_py() or 0)

    def read(self, spec: TableSpec, version: int, where: Conditions) -> pa.Table:
        """The rows of that version that meet all conditions."""
        dataset = self._open(spec, version).to_pyarrow_dataset()
        return dataset.to_table(filter=_expression(where)).cast(arrow_schema(spec))

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> pa.Table:
        """As `read`, refused above `max_rows`."""
        n_rows = self.count(spec, version, tuple(c for c in where if c[0] in spec.partition_by)) or 0
        if n_rows > max_rows:
            rule = f"one process holds at most {max_rows} rows of it."
            raise CheckError(where=spec.name, rule=rule, came=f"{n_rows} rows", do="Read it with Spark.")
        return self.read(spec, version, where)

    def write(self, spec: TableSpec, frame: Any, constants: dict[str, Value], app_id: str) -> Written:
        """Write an Arrow table in one commit: `replace_partition` or `append_once`."""
        table = conform(spec, frame, constants)
        if spec.mode == "merge_by_key":
            rule = "merge_by_key is done by Spark only."
            raise ConfigError(where=spec.name, rule=rule, came="an Arrow table", do="Give the job engine='spark'.")
        check_unique(spec, table)
        try:
            return again_on(CommitFailedError, lambda: self._commit(spec, table, constants, app_id))
        except DeltaError as exc:
            raise _as_check_error(spec, exc) from exc

    def commits_since(self, spec: TableSpec, version: int) -> list[dict[str, Any]]:
        """The commits after that version, newest first, as Delta's log describes them."""
        delta = self._open(spec, None)
        return delta.history(delta.version() - version) if delta.version() > version else []

    def _commit(self, spec: TableSpec, table: pa.Table, constants: dict[str, Value], app_id: str) -> Written:
        delta = self._open(spec, None)
        if spec.mode == "append_once" and delta.transaction_version(app_id) is not None:
            logger.info("%s: %s has landed already", spec.name, app_id)
            return Written(delta.version(), 0)
        if spec.mode == "append_once":
            once = CommitProperties(app_transactions=[Transaction(app_id, 1)])
            write_deltalake(delta, table, mode="append", commit_properties=once)
        else:
            # An explicit predicate: an empty table empties the partition.
            write_deltalake(delta, table, mode="overwrite", predicate=sql_predicate(constants))
        return Written(delta.version(), table.num_rows)

    def _ensure(self, spec: TableSpec) -> None:
        if not DeltaTable.is_deltatable(self.path(spec)):
            self._create(spec)
        self._constrain(spec)

    def _create(self, spec: TableSpec) -> None:
        properties = {
            "delta.deletedFileRetentionDuration": f"interval {spec.retention_days} days",
            "delta.logRetentionDuration": f"interval {max(30, spec.retention_days)} days",
            # Erased rows must not stay readable for readers of raw Parquet, the trainers among them.
            "delta.enableDeletionVectors": "false",
        }
        # Never retried: a second creator would commit the first one's table anew, without its checks.
        once = CommitProperties(max_commit_retries=0)
        try:
            DeltaTable.create(
                self.path(spec), arrow_schema(spec), mode="error", partition_by=list(spec.partition_by) or None,
                name=spec.name, description=spec.doc, configuration=properties, commit_properties=once,
            )  # fmt: skip
        except DeltaError as exc:
            if not DeltaTable.is_deltatable(self.path(spec)):
                raise
            logger.debug("%s was created by somebody else: %s", spec.name, exc)

    def _constrain(self, spec: TableSpec) -> None:
        """Add the checks that the table does not have yet: also those declared since it was created."""
        delta = self._open(spec, None)
        have = {key.lower() for key in delta.metadata().configuration}
        for name, condition in spec.checks.items():
            if f"delta.constraints.{name}" not in have:
                delta.alter.add_constraint({name: condition})

    def _open(self, spec: TableSpec, version: int | None) -> DeltaTable:
        try:
            return DeltaTable(self.path(spec), version=version)
        except TableNotFoundError as exc:
            do = "Is `root` in the env file right? `tawny night` creates all tables."
            rule = "the table must exist."
            raise StaleInputError(where=spec.name, rule=rule, came=f"nothing at {self.path(spec)}", do=do) from exc


_COMPARE = {"=": pc.equal, "<": pc.less, ">=": pc.greater_equal, "in": pc.is_in}


def sql_predicate(constants: dict[str, Value]) -> str:
    """The partitions that a run owns, as SQL.

    >>> sql_predicate({"run_date": date(1998, 4, 20), "model": "als"})
    "run_date = '1998-04-20' AND model = 'als'"
    """
    return " AND ".join(f"{column} = '{value}'" for column, value in constants.items())


def _as_check_error(spec: TableSpec, exc: DeltaError) -> Exception:
    text = str(exc)
    if not any(mark in text.lower() for mark in ("validation check", "constraint", "invariant")):
        return exc
    rule = f"every row must meet the table's checks ({'; '.join(spec.checks.values())})."
    return CheckError(where=spec.name, rule=rule, came=text, do="Nothing was written. Mend the job or the data.")


def _expression(where: Conditions) -> pc.Expression | None:
    terms = [
        pc.field(column).isin(list(value)) if isinstance(value, tuple) else _COMPARE[op](pc.field(column), _literal(value))
        for column, op, value in where
    ]
    return reduce(lambda one, other: one & other, terms) if terms else None


def _literal(value: Value) -> pa.Scalar:
    if isinstance(value, datetime):
        return pa.scalar(value, pa.timestamp("us", "UTC"))
    return pa.scalar(value, pa.date32()) if isinstance(value, date) else pa.scalar(value)
