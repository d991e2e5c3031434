"""Rows that were refused, as they stand in the landing files."""

from tawny.core.table import Column, TableSpec


def quarantine_of(table: TableSpec) -> TableSpec:
    """The quarantine of a table that is filled from landing files."""
    return TableSpec(
        name=f"{table.name}_quarantine",
        doc=f"The rows that {table.name} refused, one per row of a landing file.",
        columns={
            "run_date": Column("date", "the run that refused the row"),
            "reason": Column("string", "one of the codes in tawny.ingest.rules.Reason"),
            "detail": Column("string", "the column and the value that broke the rule", nullable=True),
            "raw": Column("string", "the row as it stands in the file", nullable=True),
            "source_file": Column("string", "path below the landing folder"),
            "source_line": Column("bigint", "line of the file (row number for Parquet), from 1"),
        },
        key=("run_date", "source_file", "source_line"),
        mode="replace_partition",
        partition_by=("run_date",),
        retention_days=table.retention_days,
    )
