"""The fitted models themselves."""

from tawny.core.table import Column, TableSpec

MODELS = TableSpec(
    name="models_v1",
    doc="A model is a few files (config.json, <array>.npy), kept as chunks of bytes: one commit publishes it whole.",
    columns={
        "run_date": Column("date", "the run"),
        "model": Column("string", "als, two_tower, ..., ranker"),
        "fold": Column("string", "the fold it was fitted on"),
        "file": Column("string", "config.json or <array>.npy"),
        "chunk": Column("int", "from 0; chunks in order are the file"),
        "payload": Column("binary", "bytes"),
        "model_version": Column("string", "the first 12 hex digits of the SHA-256 over all files"),
    },
    key=("run_date", "model", "fold", "file", "chunk"),
    mode="replace_partition",
    partition_by=("run_date", "model"),
    slice_by="model",
    retention_days=90,
    keep_days=30,  # a month to look into a bad night; those of lists that a rollback can go to stay longer
)
