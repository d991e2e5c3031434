"""Rows that were refused, as they stand in the landing files."""

from collections.abc import Mapping
from dataclasses import replace

from tawny.core.table import Column, TableSpec

_DOC = "The rows that {} refused, one per row of a landing file, whatever run read it."


def quarantine_of(table: TableSpec, keeps: Mapping[str, Column] | None = None) -> TableSpec:
    """The quarantine of a table that is filled from landing files.

    Args:
        table: the table that refused the rows.
        keeps: further columns, of the refused rows that break no rule by themselves.
    """
    kept = {name: replace(column, nullable=True) for name, column in (keeps or {}).items()}
    return TableSpec(
        name=f"{table.name}_quarantine",
        doc=_DOC.format(table.name),
        columns={
            "source_digest": Column("string", "of the landing file, as in landings_v1"),
            "source_line": Column("bigint", "line of the file (row number for Parquet), from 1"),
            "source_file": Column("string", "path below the landing folder under which the file was read"),
            "reason": Column("string", "one of the codes in tawny.ingest.reasons.Reason"),
            "detail": Column("string", "the column and the value that broke the rule", nullable=True),
            "raw": Column(
                "string", "the row as it stands in the file; null where the columns below have its values", nullable=True
            ),
            **kept,
        },
        key=("source_digest", "source_line"),
        mode="merge_by_key",
        retention_days=table.retention_days,
    )
