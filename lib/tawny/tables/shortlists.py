"""The candidates of all sources, each with the score of every source."""

from tawny.core.table import Column, TableSpec

SHORTLISTS = TableSpec(
    name="shortlists_v2",
    doc="One row per fold, target user and morning: the union of all sources' candidates.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "as the landing files name the user"),
        "as_of_ts": Column("timestamp", "the list is made from what lies before it; run_date 00:00 in fold serve"),
        "is_warm": Column("boolean", "the user has a history then"),
        "sources": Column("array<string>", "the night's sources, in the order of `scores`"),
        "items": Column(
            "array<struct<item_index:int,scores:array<float>,ranks:array<int>>>",
            "by item_index; `scores`: NaN where a source cannot score it; `ranks` in each source's own list, 0: not in it",
        ),
    },
    key=("run_date", "fold", "user_id", "as_of_ts"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    keep_days=7,  # read by the same night only, and as large as the candidates
)
