"""The best items of each source."""

from tawny.core.table import Column, TableSpec

CANDIDATES = TableSpec(
    name="candidates_v2",
    doc="One row per source, fold, target user and morning: the source's best items, after the filters.",
    columns={
        "run_date": Column("date", "the run"),
        "source": Column("string", "the model that scored them"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "as the landing files name the user"),
        "as_of_ts": Column("timestamp", "the list is made from what lies before it; run_date 00:00 in fold serve"),
        "items": Column(
            "array<struct<item_index:int,score:float>>", "best first; empty where the source scores nothing for the user"
        ),
    },
    key=("run_date", "source", "fold", "user_id", "as_of_ts"),
    mode="replace_partition",
    partition_by=("run_date", "source"),
    slice_by="source",
    keep_days=7,  # the largest table, and read by the same night only; a week to look into a bad one
)
