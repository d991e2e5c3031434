"""`tawny tables`: all tables, the declaration of one, or some of its rows; from Delta's logs and files, without a JVM."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from tawny.cli.console import console, grid
from tawny.core.errors import ConfigError, StaleInputError
from tawny.core.table import TableSpec
from tawny.runner.local import LocalRunner
from tawny.tables.registry import all_tables

_MOST_COLUMNS = 12
"""More columns than these are told one below the other, whatever the width."""


def show_tables(runner: LocalRunner) -> None:
    """Print every table with its rows, version and size."""
    table = grid("table", "rows", "version", "MB", "files", "partitions", "doc", right=("rows", "version", "MB", "files"))
    for spec in all_tables().values():
        table.add_row(spec.name, *_extent(runner, spec), spec.doc)
    out = console()
    out.print(table)
    out.print(f"under {runner.env.root}", soft_wrap=True)


def show_table(spec: TableSpec) -> None:
    """Print a table's declaration."""
    out = console()
    out.print(f"{spec.name}: {spec.doc}")
    by = ", ".join(spec.partition_by) or "nothing"
    properties = f"key ({', '.join(spec.key)}); {spec.mode}; partitioned by {by}; owner {spec.owner}"
    out.print(f"{properties}; {spec.retention_days} days kept")
    columns = grid("column", "type", "null", "meaning")
    for name, column in spec.columns.items():
        columns.add_row(name, column.type, "may be" if column.nullable else "", column.doc)
    out.print(columns)
    for name, condition in spec.checks.items():
        out.print(f"check {name}: {condition}")


def show_rows(runner: LocalRunner, spec: TableSpec, condition: str, n_rows: int, columns: Sequence[str]) -> None:
    """Print some rows that meet a condition in SQL: as a table where it fits, else each value on a line of its own.

    Raises:
        StaleInputError: there is no such table.
        ConfigError: the condition is wrong, or a column is not one of the table's.
    """
    if unknown := [name for name in columns if name not in spec.columns]:
        rule, came = f"columns must be some of {', '.join(spec.columns)}.", ", ".join(unknown)
        raise ConfigError(where=f"--columns of {spec.name}", rule=rule, came=came, do="Correct the names.")
    found = runner.arrow.query(spec, condition, n_rows)
    rows = found.select(list(columns) or found.column_names).to_pylist(maps_as_pydicts="strict")
    out = console()
    for part in rows_as_text(rows, out.width):
        out.print(part)
    of = "" if condition == "true" else f" where {condition}"
    out.print(f"{len(rows):,} rows of {spec.name}{of}" if rows else f"no row of {spec.name}{of}", soft_wrap=True)


def rows_as_text(rows: Sequence[Mapping[str, Any]], width: int) -> Iterator[Table | Text]:
    """The rows, no wider than `width`: a table, or where that is wider, `column  value` lines with a gap between rows."""
    cells = [{name: value_text(value) for name, value in row.items()} for row in rows]
    if not cells:
        return
    widths = [max(cell_len(name), *(cell_len(row[name]) for row in cells)) for name in cells[0]]
    if len(widths) <= _MOST_COLUMNS and sum(widths) + 3 * len(widths) <= width:
        table = grid(*cells[0])
        for row in cells:
            table.add_row(*row.values())
        yield table
        return
    name_cells = max(map(cell_len, cells[0]))
    for row in cells:
        for name, text in row.items():
            line = Text(f"{name:{name_cells}}  {text}")
            line.truncate(width, overflow="ellipsis")
            yield line
        yield Text("")


def value_text(value: Any) -> str:
    """A value on one line.

    >>> value_text([{"source": "als", "share": 0.25}, {"source": "als", "share": None}])
    '[{source: als, share: 0.25}, {source: als, share: -}]'
    >>> value_text(b"abc")
    '<3 bytes>'
    """
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {value_text(one)}' for name, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix("+00:00")
    return value.isoformat() if isinstance(value, date) else " ".join(str(value).split())


def _extent(runner: LocalRunner, spec: TableSpec) -> tuple[str, ...]:
    from tawny.lake.arrow import extent

    try:
        size = extent(runner.arrow, spec)
    except StaleInputError:
        return "", "not there", "", "", ""
    return f"{size.n_rows:,}", str(size.version), f"{size.n_bytes / 1e6:,.1f}", f"{size.n_files:,}", f"{size.n_partitions:,}"
