"""What an Arrow table must be before it is written."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.errors import CheckError, SchemaError
from tawny.core.lake import Value
from tawny.core.table import TableSpec
from tawny.delta.types import arrow_schema

_KINDS: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_date, pa.types.is_timestamp,
    lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind),
)  # fmt: skip


def conform(spec: TableSpec, table: pa.Table, constants: dict[str, Value]) -> pa.Table:
    """The table with the run's constants filled in, its columns in the declared order and of the declared types.

    Numbers may be of another width if every value fits; nothing is parsed and nothing is rounded to an integer.

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
    twice = groups.filter(pc.greater(groups["count_all"], 1))
    if twice.num_rows:
        came = f"{twice.num_rows} keys more than once, such as {twice.slice(0, 1).to_pylist()[0]}"
        rule = f"({', '.join(spec.key)}) must be unique."
        raise CheckError(where=spec.name, rule=rule, came=came, do="Nothing was written. Mend the job.")


def _cast(spec: TableSpec, table: pa.Table, schema: pa.Schema) -> pa.Table:
    for field in schema:
        have = table.schema.field(field.name).type
        if not _same_kind(have, field.type):
            raise _schema_error(spec, f"{field.name} {have} instead of {field.type}")
        if not field.nullable and table[field.name].null_count:
            raise _schema_error(spec, f"{table[field.name].null_count} nulls in {field.name}")
    try:
        return table.cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as exc:
        raise _schema_error(spec, str(exc)) from exc


def _same_kind(have: pa.DataType, declared: pa.DataType) -> bool:
    """Whether a cast keeps the meaning; nested types are left to the cast itself."""
    if pa.types.is_null(have) or pa.types.is_nested(declared):
        return True
    return any(kind(have) and kind(declared) for kind in _KINDS)


def _check_owned(spec: TableSpec, table: pa.Table, constants: dict[str, Value]) -> None:
    for name, value in constants.items():
        others: Any = table.filter(pc.not_equal(table[name], pa.scalar(value, table.schema.field(name).type)))
        if others.num_rows:
            rule = f"a run writes only where {name} is {value}."
            came = f"{others.num_rows} rows of other partitions, such as {name} = {others[name][0]}"
            raise CheckError(where=spec.name, rule=rule, came=came, do="Nothing was written. Mend the job.")


def _schema_error(spec: TableSpec, came: str) -> SchemaError:
    return SchemaError(where=spec.name, rule=f"the frame must have the columns {spec.ddl}.", came=came, do="Mend the job.")
