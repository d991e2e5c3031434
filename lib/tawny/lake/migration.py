"""Brings a table that is there already to its declaration: columns, checks, properties and description.

What touches no row is done: a nullable column is added, NOT NULL is dropped, a check is added, changed or dropped. All else
would change what readers see under the same name, and is refused: it is a new version of the table.
"""

import json
import logging
from collections.abc import Iterator
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, Schema
from deltalake.exceptions import DeltaError

from tawny.core.errors import CheckError, SchemaError
from tawny.core.table import TableSpec
from tawny.lake.schema import arrow_schema

logger = logging.getLogger(__name__)

_CHECK = "delta.constraints."
_SQL = {"integer": "int", "long": "bigint"}


def properties(spec: TableSpec) -> dict[str, str]:
    """The Delta properties that the declaration asks for; others, set by hand, are left alone."""
    return {
        "delta.deletedFileRetentionDuration": f"interval {spec.retention_days} days",
        "delta.logRetentionDuration": f"interval {_log_days(spec)} days",
        # Deleted rows must not stay readable for readers of raw Parquet, such as the trainers.
        "delta.enableDeletionVectors": "false",
    }


def _log_days(spec: TableSpec) -> int:
    """As long as partitions are kept, and two weeks: the commit that wrote a partition says what it was made from.

    It costs one small file per commit, most of them in runs_v2 (some 50 a night). Readers read the last checkpoint and a few
    commits after it, whatever the length of the log.
    """
    return max(30, spec.retention_days, (spec.keep_days or 365) + 14)


def migrate(delta: DeltaTable, spec: TableSpec) -> None:
    """Bring the table to its declaration; nothing is committed where it agrees already.

    Every step is a commit of its own, so that after a kill the next call goes on; a collision with another caller is a
    CommitFailedError, to be retried on the newest state.

    Raises:
        SchemaError: the columns, or the partitions, cannot be brought to the declaration; nothing was changed.
        CheckError: rows that are there break a new or changed check; the table keeps the checks that it has.
    """
    _columns(delta, spec)
    _checks(delta, spec)
    metadata = delta.metadata()
    wanted = {key: value for key, value in properties(spec).items() if metadata.configuration.get(key) != value}
    if wanted:
        logger.info("%s: set %s", spec.name, ", ".join(f"{key}={value}" for key, value in wanted.items()))
        delta.alter.set_table_properties(wanted)
    if metadata.description != spec.doc:
        delta.alter.set_table_description(spec.doc)


def _columns(delta: DeltaTable, spec: TableSpec) -> None:
    """Add the nullable columns that are missing and drop NOT NULL where it is no longer declared, or refuse."""
    actual = {field.name: field for field in delta.schema().fields}
    declared = {field.name: field for field in Schema.from_arrow(arrow_schema(spec)).fields}
    if actual == declared and delta.metadata().partition_columns == list(spec.partition_by):
        return
    if refusals := [*_refusals(spec, actual, declared), *_other_partitions(delta, spec)]:
        rule = "the table must agree with its declaration, or differ only by what can be changed in place."
        do = f"{' '.join(dict.fromkeys(do for _, do in refusals))} Nothing was changed."
        raise SchemaError(where=spec.name, rule=rule, came="; ".join(came for came, _ in refusals), do=do)
    if added := [field for name, field in declared.items() if name not in actual]:
        logger.info("%s: add the columns %s", spec.name, ", ".join(field.name for field in added))
        delta.alter.add_columns(added)
    for name in sorted(declared.keys() & actual.keys()):
        if declared[name].nullable and not actual[name].nullable:
            logger.info("%s: let %s be null", spec.name, name)
            delta.alter.drop_column_not_null(name)


def _refusals(spec: TableSpec, actual: dict[str, Any], declared: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What came and what to do, for every column that cannot be changed in place."""
    new_version = f"Declare a new version of {spec.name} beside it"
    for name, field in declared.items():
        if name not in actual and not field.nullable:
            yield (
                f"{name} {_type(field)} is declared and the table has no such column",
                f"Declare {name} nullable, or: {new_version}, because rows that are there would have no value.",
            )
        elif name in actual and (actual[name].type != field.type or (actual[name].nullable and not field.nullable)):
            yield (
                f"{name} is {_type(actual[name])} in the table and {_type(field)} in the declaration",
                f"Declare {name} as it is, or: {new_version}, with a job that fills it.",
            )
    for name in sorted(actual.keys() - declared.keys()):
        yield (
            f"{name} is {_type(actual[name])} in the table and is not declared",
            f"Declare {name} (the code may be older than the table), or: {new_version}, without it.",
        )


def _other_partitions(delta: DeltaTable, spec: TableSpec) -> Iterator[tuple[str, str]]:
    actual = delta.metadata().partition_columns
    if actual != list(spec.partition_by):
        came = f"partitions by ({', '.join(actual)}) in the table and ({', '.join(spec.partition_by)}) in the declaration"
        yield came, f"Declare a new version of {spec.name} beside it, with a job that fills it."


def _type(field: Any) -> str:
    """A Delta field's type as the declarations write it, `bigint NOT NULL`."""
    return _sql(json.loads(field.type.to_json())) + ("" if field.nullable else " NOT NULL")


def _sql(kind: Any) -> str:
    """A type of Delta's log as Spark SQL.

    >>> _sql({"type": "map", "keyType": "string", "valueType": {"type": "array", "elementType": "long"}})
    'map<string,array<bigint>>'
    """
    if isinstance(kind, str):
        return _SQL.get(kind, kind)
    if kind["type"] == "array":
        return f"array<{_sql(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{_sql(kind['keyType'])},{_sql(kind['valueType'])}>"
    fields = (f"{field['name']}:{_sql(field['type'])}" for field in kind["fields"])
    return f"struct<{','.join(fields)}>"


def _checks(delta: DeltaTable, spec: TableSpec) -> None:
    """Add, change and drop checks, so that the table has those of the declaration and no others."""
    configuration = delta.metadata().configuration
    actual = {key.removeprefix(_CHECK).lower(): value for key, value in configuration.items() if key.startswith(_CHECK)}
    declared = {name.lower(): condition for name, condition in spec.checks.items()}
    new = {name: condition for name, condition in declared.items() if not _is_same(spec, actual.get(name), condition)}
    for name, condition in new.items():
        _refuse_broken(delta, spec, name, condition)
    for name in sorted(actual):
        if name not in declared or name in new:
            logger.info("%s: drop the check %s (%s)", spec.name, name, actual[name])
            delta.alter.drop_constraint(name, raise_if_not_exists=False)
    # A kill here leaves the table without the changed checks, until the next run creates its tables.
    if new:
        logger.debug("%s: add the checks %s", spec.name, "; ".join(new.values()))
        delta.alter.add_constraint(new)


def _is_same(spec: TableSpec, actual: str | None, declared: str) -> bool:
    return actual is not None and (actual == declared or actual == _as_stored(arrow_schema(spec), declared))


@cache
def _as_stored(schema: pa.Schema, condition: str) -> str:
    """The condition as Delta's log keeps it: some are rewritten, such as `1e3` to `1000`."""
    with TemporaryDirectory() as folder:
        delta = DeltaTable.create(folder, schema)
        delta.alter.add_constraint({"it": condition})
        stored: str = delta.metadata().configuration[f"{_CHECK}it"]
        return stored


def _refuse_broken(delta: DeltaTable, spec: TableSpec, name: str, condition: str) -> None:
    """Refuse a check that rows of the table break."""
    if delta.version() == 0:  # as it was created
        return
    query = f"SELECT count(*) AS n FROM it WHERE ({condition}) IS NOT TRUE"
    try:
        n_rows = int(pa.table(QueryBuilder().register("it", delta).execute(query).read_all())["n"][0].as_py())
    except DeltaError as exc:
        rule = f"the check {name} must be an SQL condition on the table's columns ({condition})."
        raise SchemaError(where=spec.name, rule=rule, came=str(exc), do="Correct the declaration.") from exc
    if n_rows:
        raise CheckError(
            where=spec.name,
            rule=f"rows that are there must meet the new check {name} ({condition}).",
            came=f"{n_rows} rows that do not",
            do="Correct these rows by running their jobs again, or declare a weaker check or a new version of the table.",
        )
