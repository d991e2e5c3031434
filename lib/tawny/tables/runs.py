"""The manifest: what every run read, wrote and was set to."""

from tawny.core.table import Column, TableSpec

RUNS = TableSpec(
    name="runs_v1",
    doc="One row per run of a job, successful or not.",
    columns={
        "run_id": Column("string", "random, unique"),
        "run_date": Column("date", "the run's date"),
        "job": Column("string", "name of the job file"),
        "variant": Column("string", "the job's variant", nullable=True),
        "status": Column("string", "succeeded or failed"),
        "error": Column("string", "the error's text", nullable=True),
        "started_ts": Column("timestamp", "UTC"),
        "seconds": Column("double", "of the whole job"),
        "versions_read": Column("map<string,bigint>", "Delta version by table"),
        "versions_written": Column("map<string,bigint>", "Delta version by table"),
        "rows_read": Column("map<string,bigint>", "rows by table, of the partitions read"),
        "rows_written": Column("map<string,bigint>", "rows by table"),
        "n_quarantined": Column("bigint", "rows refused"),
        "config": Column("string", "the merged settings as JSON"),
        "config_hash": Column("string", "of the merged settings"),
        "code_version": Column("string", "Tawny's version and, in a checkout, the commit"),
        "seed": Column("bigint", "of everything random"),
    },
    key=("run_id",),
    mode="append_once",
    retention_days=365,
)
