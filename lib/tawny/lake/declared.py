"""Arrow tables as a table declares them: what was read filled up, what is to be written cast and checked."""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.errors import CheckError, SchemaError
from tawny.core.table import TableSpec
from tawny.lake.base import Value
from tawny.lake.schema import arrow_schema

# Types of one line are cast into each other where every value fits.
_KINDS: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_date, pa.types.is_timestamp,
    lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind),
)  # fmt: skip


def as_declared(spec: TableSpec, table: pa.Table) -> pa.Table:
    """The columns in the declared order; those that the version did not have yet are null."""
    return filled(table, arrow_schema(spec))


def filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of the schema, in its order; what is missing and may be null is null."""
    for field in schema:
        if field.name not in table.column_names and field.nullable:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(schema.names).cast(schema)


def conform(spec: TableSpec, table: pa.Table, constants: Mapping[str, Value]) -> pa.Table:
    """The table with the run's constants filled in, its columns in the declared order and of the declared types.

    A number may be cast to another width if every value fits; nothing is parsed and nothing is rounded to an integer.

    Raises:
        SchemaError: a column is missing, unknown, of another type, or null where it must not be.
        CheckError: a row lies outside of the partitions that the run owns.
    """
    schema = arrow_schema(spec)
    for name, value in constants.items():
        if name not in table.column_names:
            table = table.append_column(name, pa.array([value] * table.num_rows, schema.field(name).type))
    if set(table.column_names) != set(schema.names):
        raise _schema_error(spec, f"columns {', '.join(sorted(table.column_names))}")
    table = _cast(spec, table.select(schema.names), schema)
    _check_owned(spec, table, constants)
    return table


def check_unique(spec: TableSpec, table: pa.Table) -> None:
    """Raise CheckError where two rows have the same key."""
    groups = table.select(list(spec.key)).group_by(list(spec.key)).aggregate([([], "count_all")])
    repeated = groups.filter(pc.greater(groups["count_all"], 1))
    if repeated.num_rows:
        came = f"{repeated.num_rows} keys more than once, such as {repeated.slice(0, 1).to_pylist()[0]}"
        rule = f"({', '.join(spec.key)}) must be unique."
        raise CheckError(where=spec.name, rule=rule, came=came, do="Nothing was written. Fix the job.")


def _cast(spec: TableSpec, table: pa.Table, schema: pa.Schema) -> pa.Table:
    for field in schema:
        actual = table.schema.field(field.name).type
        if not _same_kind(actual, field.type):
            raise _schema_error(spec, f"{field.name} {actual} instead of {field.type}")
        if not field.nullable and table[field.name].null_count:
            raise _schema_error(spec, f"{table[field.name].null_count} nulls in {field.name}")
    try:
        return table.cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as exc:
        raise _schema_error(spec, str(exc)) from exc


def _same_kind(actual: pa.DataType, declared: pa.DataType) -> bool:
    """Whether a cast keeps the meaning; nested types are left to the cast itself."""
    if pa.types.is_null(actual) or pa.types.is_nested(declared):
        return True
    return any(kind(actual) and kind(declared) for kind in _KINDS)


def _check_owned(spec: TableSpec, table: pa.Table, constants: Mapping[str, Value]) -> None:
    for name, value in constants.items():
        others: Any = table.filter(pc.not_equal(table[name], pa.scalar(value, table.schema.field(name).type)))
        if others.num_rows:
            rule = f"a run writes only where {name} is {value}."
            came = f"{others.num_rows} rows of other partitions, such as {name} = {others[name][0]}"
            raise CheckError(where=spec.name, rule=rule, came=came, do="Nothing was written. Fix the job.")


def _schema_error(spec: TableSpec, came: str) -> SchemaError:
    return SchemaError(where=spec.name, rule=f"the frame must have the columns {spec.ddl}.", came=came, do="Fix the job.")
