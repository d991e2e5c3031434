"""Tables as Arrow tables, without a JVM: create, count, read and write what is at most of the catalog's size.

Made for the trainers, the manifest, models and the command line. Only Spark merges.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial, reduce
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, SchemaMismatchError, TableNotFoundError
from pyarrow.dataset import Dataset
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from tawny.core.columns import RUN_DATE
from tawny.core.digest import ID_LENGTH
from tawny.core.errors import CheckError, ConfigError, SchemaError, StaleInputError
from tawny.core.table import TableSpec
from tawny.lake.base import NOTE, Conditions, Note, Value, Written, is_same, note_text, partition_text
from tawny.lake.commits import LoggedCommits
from tawny.lake.declared import as_declared, check_unique, conform, filled
from tawny.lake.migration import migrate, properties
from tawny.lake.retry import retry
from tawny.lake.schema import arrow_schema

logger = logging.getLogger(__name__)

_COMPARE = {"=": pc.equal, "<": pc.less, "<=": pc.less_equal, ">=": pc.greater_equal, "in": pc.is_in}

_ROWS_PER_HASH = 65_536
_ROWS_PER_BATCH = 16_384


class ArrowLake:
    """Tables under `root`, as Arrow tables."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self._commits: dict[str, LoggedCommits] = {}

    def path(self, spec: TableSpec) -> str:
        """Where a table lies."""
        return f"{self.root}/{spec.name}"

    def ensure(self, specs: Sequence[TableSpec]) -> None:
        """Create the tables that are not there yet, and bring the others to their declaration; two callers at once are fine.

        Raises:
            SchemaError: a table cannot be brought to its declaration; the error says what differs and what to do.
            CheckError: rows that are there break a new check.
        """
        for spec in specs:
            # Of two callers at once one fails; its retry finds what the other did.
            retry(CommitFailedError, partial(self._ensure, spec))

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
        dataset = _dataset(self._open(spec, version))
        return as_declared(spec, dataset.to_table(filter=_expression(where)))

    def batches(
        self, spec: TableSpec, version: int, where: Conditions, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """As `read`, of these columns or all, some thousand rows at a time: memory does not grow with the table."""
        schema = arrow_schema(spec)
        own = pa.schema([schema.field(name) for name in columns or schema.names])
        dataset = _dataset(self._open(spec, version))
        there = [name for name in own.names if name in dataset.schema.names]
        scanner = dataset.scanner(
            columns=there, filter=_expression(where), batch_size=_ROWS_PER_BATCH, batch_readahead=2, fragment_readahead=1
        )
        for batch in scanner.to_batches():
            yield from filled(pa.Table.from_batches([batch]), own).to_batches()

    def query(self, spec: TableSpec, condition: str, n_rows: int) -> pa.Table:
        """At most `n_rows` rows of the newest version that meet a condition in SQL, in no order.

        Raises:
            ConfigError: the condition is none, or names a column that is not there.
        """
        table = QueryBuilder().register(spec.name, self._open(spec, None))
        try:
            # A subquery has no place for a statement that changes anything.
            query = f"SELECT * FROM (SELECT * FROM {spec.name}) AS t WHERE ({condition}\n) LIMIT {n_rows}"
            return as_declared(spec, pa.table(table.execute(query).read_all()))
        except DeltaError as exc:
            rule = f"it must be a condition in SQL on the columns {', '.join(spec.columns)}."
            do = "Write text in single quotes: --where \"user_id = '42'\"."
            raise ConfigError(where=f"--where on {spec.name}", rule=rule, came=_last_line(exc), do=do) from exc

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> pa.Table:
        """As `read`, refused above `max_rows`."""
        n_rows = self.count(spec, version, tuple(c for c in where if c[0] in spec.partition_by)) or 0
        if n_rows > max_rows:
            rule = f"one process holds at most {max_rows} rows of it."
            raise CheckError(where=spec.name, rule=rule, came=f"{n_rows} rows", do="Read it with Spark.")
        return self.read(spec, version, where)

    def run_dates(self, spec: TableSpec, version: int) -> list[date]:
        """The run_dates that have rows, ascending, from the log."""
        files = pa.table(self._open(spec, version).get_add_actions(flatten=True))
        return sorted(set(files[f"partition.{RUN_DATE}"].cast(pa.date32()).to_pylist()))

    def commits(self, spec: TableSpec) -> LoggedCommits:
        """The commits of the table, newest first, as its log has them."""
        return self._commits.setdefault(spec.name, LoggedCommits(partial(self._open, spec, None)))

    def write(
        self, spec: TableSpec, frame: Any, constants: Mapping[str, Value], app_id: str, note: Note | None = None
    ) -> Written:
        """Write an Arrow table in one commit: `replace_partition` or `append_once`.

        Nothing is committed where the partition has the same rows, made from the same inputs, already.
        """
        if spec.mode not in ("replace_partition", "append_once"):
            merges = spec.mode == "merge_by_key"
            rule = "merge_by_key is done by Spark only." if merges else f"{spec.mode} is done by `update` only."
            do = "Give the job engine='spark'." if merges else "Call run.update."
            raise ConfigError(where=spec.name, rule=rule, came="an Arrow table", do=do)
        table, owned, digest = self._identified(spec, frame, constants)
        check_unique(spec, table)
        made = (
            {**(note or {}), **made_note(owned, digest, table.num_rows)} if spec.mode == "replace_partition" else note or {}
        )
        last = self.unchanged(spec, owned, made)
        if last is not None:
            return Written(last, table.num_rows, digest, is_new=False)
        try:
            return retry(CommitFailedError, lambda: self._commit(spec, table, owned, app_id, made, digest))
        except DeltaError as exc:
            raise _as_tawny_error(spec, exc) from exc

    def unchanged(self, spec: TableSpec, owned: Mapping[str, Value], note: Note) -> int | None:
        """The version that has the partition as `note` tells of it already; None where there is none."""
        # Of partitions with ids the newest of the day counts: rows that come back must be the newest again.
        day = {column: value for column, value in owned.items() if column != spec.id_column}
        last = self.commits(spec).newest(day) if spec.mode == "replace_partition" else None
        is_there = last is not None and is_same(last.note, note)
        if last is None or not is_there or self.count(spec, last.version, equalities(owned)) != note["n_rows"]:
            return None
        newest = self.version(spec)
        return newest if self.count(spec, newest, equalities(owned)) == note["n_rows"] else None

    def update(self, spec: TableSpec, decide: Callable[[pa.Table], pa.Table], note: Note | None = None) -> Written:
        """Replace the rows of a small table by what `decide` makes of the newest; asked again where another was first."""
        return retry(CommitFailedError, lambda: self._compare_and_set(spec, decide, note or {}))

    def _compare_and_set(self, spec: TableSpec, decide: Callable[[pa.Table], pa.Table], note: Note) -> Written:
        delta = self._open(spec, None)
        rows = as_declared(spec, _dataset(delta).to_table())
        table = conform(spec, decide(rows), {})
        check_unique(spec, table)
        digest = arrow_digest(spec, table)
        if digest == arrow_digest(spec, rows) and self._is_noted(spec, note):
            return Written(delta.version(), table.num_rows, digest, is_new=False)
        # Without retries of its own: the rows were decided on this version, and go after this version or not at all.
        commit = CommitProperties(custom_metadata={NOTE: note_text(note)}, max_commit_retries=0)
        write_deltalake(delta, table, mode="overwrite", commit_properties=commit)
        return Written(delta.version(), table.num_rows, digest)

    def _is_noted(self, spec: TableSpec, note: Note) -> bool:
        last = self.commits(spec).newest(note["partition"]) if "partition" in note else None
        return "partition" not in note or (last is not None and is_same(last.note, note))

    def _identified(
        self, spec: TableSpec, frame: pa.Table, constants: Mapping[str, Value]
    ) -> tuple[pa.Table, dict[str, Value], str]:
        """The rows as declared, the partition that they are, and their digest, which is their id where they have one."""
        placeholder = {spec.id_column: ""} if spec.id_column else {}
        table = by_key(spec, conform(spec, frame, {**constants, **placeholder}))
        digest = arrow_digest(spec, table)
        if not spec.id_column:
            return table, dict(constants), digest
        owned = {**constants, spec.id_column: digest}
        return conform(spec, table.drop_columns([spec.id_column]), owned), owned, digest

    def commits_since(self, spec: TableSpec, version: int) -> list[dict[str, Any]]:
        """The commits after that version, newest first, as Delta's log describes them."""
        delta = self._open(spec, None)
        return delta.history(delta.version() - version) if delta.version() > version else []

    def _commit(
        self, spec: TableSpec, table: pa.Table, owned: Mapping[str, Value], app_id: str, note: Note, digest: str
    ) -> Written:
        delta = self._open(spec, None)
        if spec.mode == "append_once" and delta.transaction_version(app_id) is not None:
            logger.info("%s: %s has landed already", spec.name, app_id)
            return Written(delta.version(), 0, digest, is_new=False)
        is_append = spec.mode == "append_once"
        commit = CommitProperties(
            custom_metadata={NOTE: note_text({"app_id": app_id, **note})},
            app_transactions=[Transaction(app_id, 1)] if is_append else None,
        )
        if is_append:
            write_deltalake(delta, table, mode="append", commit_properties=commit)
        else:
            # An explicit predicate: an empty table empties the partition.
            write_deltalake(delta, table, mode="overwrite", predicate=sql_predicate(owned), commit_properties=commit)
        return Written(delta.version(), table.num_rows, digest)

    def _ensure(self, spec: TableSpec) -> None:
        try:
            delta = DeltaTable(self.path(spec))
        except TableNotFoundError:
            delta = self._create(spec)
        migrate(delta, spec)

    def _create(self, spec: TableSpec) -> DeltaTable:
        # Never retried: a second creator would replace the first one's table by one without checks.
        once = CommitProperties(max_commit_retries=0)
        try:
            return DeltaTable.create(
                self.path(spec), arrow_schema(spec), mode="error", partition_by=list(spec.partition_by) or None,
                name=spec.name, description=spec.doc, configuration=properties(spec), commit_properties=once,
            )  # fmt: skip
        except DeltaError as exc:
            if not DeltaTable.is_deltatable(self.path(spec)):
                raise
            logger.debug("%s was created by another process: %s", spec.name, exc)
            return DeltaTable(self.path(spec))

    def _open(self, spec: TableSpec, version: int | None) -> DeltaTable:
        try:
            return DeltaTable(self.path(spec), version=version)
        except TableNotFoundError as exc:
            do = "Is `root` in the env file right? `tawny night` creates all tables."
            rule = "the table must exist."
            raise StaleInputError(where=spec.name, rule=rule, came=f"nothing at {self.path(spec)}", do=do) from exc


def _dataset(delta: DeltaTable) -> Dataset:
    """The files of the table as Arrow reads them; those of a local table by Arrow's own file system.

    deltalake's is written in Python, and what it reads is a Python object: where a thread of Arrow lets go of one while the
    interpreter shuts down, the thread may not run, and the process aborts (exit code 134, in one of ten rollbacks).
    """
    uri = delta.table_uri.removeprefix("file://")
    local = None if "://" in uri else SubTreeFileSystem(unquote(uri), LocalFileSystem())
    return delta.to_pyarrow_dataset(filesystem=local)


def made_note(owned: Mapping[str, Value], digest: str, n_rows: int) -> dict[str, Any]:
    """What the note of a commit says of the partition that it wrote."""
    return {"partition": partition_text(owned), "digest": digest, "n_rows": n_rows}


def equalities(owned: Mapping[str, Value]) -> Conditions:
    """The partition as conditions."""
    return tuple((column, "=", value) for column, value in owned.items())


def by_key(spec: TableSpec, table: pa.Table) -> pa.Table:
    """The rows in the order of the key: the same rows are the same file, and give the same last digits to what sums them."""
    return table.sort_by([(column, "ascending") for column in spec.key]).combine_chunks()


def arrow_digest(spec: TableSpec, table: pa.Table) -> str:
    """16 hex digits of the SHA-256 over the rows, sorted by the key: equal for equal rows, in whatever order they came."""
    ordered = by_key(spec, table)
    sha256 = hashlib.sha256()
    for batch in ordered.to_batches(max_chunksize=_ROWS_PER_HASH):
        sha256.update(batch.serialize())
    return sha256.hexdigest()[:ID_LENGTH]


def sql_predicate(constants: Mapping[str, Value]) -> str:
    """The partitions that a run owns, as an SQL condition.

    >>> sql_predicate({"run_date": date(1998, 4, 20), "model": "als"})
    "run_date = '1998-04-20' AND model = 'als'"
    >>> sql_predicate({"model": "x' OR '1'='1"})
    "model = 'x'' OR ''1''=''1'"
    """
    return " AND ".join(f"{column} = '{str(value).replace(chr(39), chr(39) * 2)}'" for column, value in constants.items())


def _as_tawny_error(spec: TableSpec, exc: DeltaError) -> Exception:
    text = str(exc)
    if isinstance(exc, SchemaMismatchError):
        rule, do = (
            "the table must have the declared columns.",
            "Nothing was written. Was it changed by newer code? Run again.",
        )
        return SchemaError(where=spec.name, rule=rule, came=text, do=do)
    if not any(phrase in text.lower() for phrase in ("validation check", "constraint", "invariant")):
        return exc
    rule = f"every row must meet the table's checks ({'; '.join(spec.checks.values())})."
    return CheckError(where=spec.name, rule=rule, came=text, do="Nothing was written. Fix the job or the data.")


def _last_line(exc: Exception) -> str:
    return ([line.strip() for line in str(exc).splitlines() if line.strip()] or [type(exc).__name__])[-1].rstrip(".")


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


@dataclass(frozen=True)
class Extent:
    """The size of a table's version: the rows, bytes, files and partitions that readers see."""

    version: int
    n_rows: int
    n_bytes: int
    n_files: int
    n_partitions: int


def extent(lake: ArrowLake, spec: TableSpec) -> Extent:
    """The size of the newest version.

    Raises:
        StaleInputError: there is no such table.
    """
    version = lake.version(spec)
    files = pa.table(DeltaTable(lake.path(spec), version=version).get_add_actions(flatten=True))
    by = [f"partition.{column}" for column in spec.partition_by]
    n_partitions = files.group_by(by).aggregate([]).num_rows if by else min(1, files.num_rows)
    n_rows, n_bytes = (int(pc.sum(files[column]).as_py() or 0) for column in ("num_records", "size_bytes"))
    return Extent(version, n_rows, n_bytes, files.num_rows, n_partitions)
