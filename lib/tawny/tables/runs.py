"""The manifest: what every run read and wrote, and its settings."""

from tawny.core.table import Column, TableSpec

RUNS = TableSpec(
    name="runs_v2",
    doc="Every run of a job: a row when it begins, and one when it ends, successful or not.",
    columns={
        "run_id": Column("string", "random; every commit of the run has it in its userMetadata"),
        "run_date": Column("date", "the run's date"),
        "job": Column("string", "name of the job file"),
        "variant": Column("string", "the job's variant", nullable=True),
        "status": Column(
            "string", "started; then succeeded or failed. A run with a row `started` only was killed, or still runs"
        ),
        "error": Column("string", "the error's text", nullable=True),
        "started_ts": Column("timestamp", "UTC"),
        "seconds": Column("double", "of the whole job; 0 when it begins"),
        "night_id": Column("string", "of nights_v1, where the run read pinned tables", nullable=True),
        "inputs": Column("map<string,string>", "digest by input, as the notes of its commits have them", nullable=True),
        "versions_read": Column("map<string,bigint>", "Delta version by table"),
        "versions_written": Column("map<string,bigint>", "Delta version by table"),
        "rows_read": Column("map<string,bigint>", "rows by table, of the partitions read"),
        "rows_written": Column("map<string,bigint>", "rows by table"),
        "n_quarantined": Column("bigint", "rows refused"),
        "config": Column("string", "the merged settings as JSON"),
        "config_hash": Column("string", "of the merged settings"),
        "code_version": Column("string", "Tawny's version and, in a checkout, the commit"),
        "code_digest": Column("string", "of the sources that decide what the job writes", nullable=True),
        "seed": Column("bigint", "of everything random"),
        "peak_memory_bytes": Column(
            "bigint",
            "resident memory of the run's processes on its machine (runner/memory.py); null when it begins",
            nullable=True,
        ),
    },
    key=("run_id", "status"),
    mode="append_once",
    checks={"status_is_known": "status IN ('started', 'succeeded', 'failed')"},
    retention_days=365,
    keep_days=365,  # a year, as the evaluations
)
