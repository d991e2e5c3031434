"""What a night reads of the tables that grow while it runs."""

from tawny.core.table import Column, TableSpec

NIGHTS = TableSpec(
    name="nights_v1",
    doc="One row per run_date and pinned table: the version that all jobs of the night read, and what it holds then.",
    columns={
        "run_date": Column("date", "the run"),
        "table": Column("string", "a table that is pinned: events, items, users"),
        "version": Column("bigint", "Delta version that every job of the night reads"),
        "digest": Column("string", "of the rows that a run for run_date may know; equal digests are equal rows"),
        "n_rows": Column("bigint", "of those rows"),
        "night_id": Column("string", "of all digests of the run_date together"),
    },
    key=("run_date", "table"),
    mode="replace_partition",
    partition_by=("run_date",),
    retention_days=90,
    keep_days=365,  # a few rows a night: what was known on a day of the last year
)
