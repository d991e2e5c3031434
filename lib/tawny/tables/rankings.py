"""The ranked lists, before the audit."""

from tawny.core.table import Column, TableSpec

RANKINGS = TableSpec(
    name="rankings_v2",
    doc="One row per fold (test, serve), target user and morning: the list as it would be published, best first.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "test or serve"),
        "user_id": Column("string", "as the landing files name the user"),
        "as_of_ts": Column("timestamp", "the list is made from what lies before it; run_date 00:00 in fold serve"),
        "items": Column(
            "array<struct<item_index:int,score:float,sources:array<string>,"
            "reasons:array<struct<source:string,item_index:int,share:float>>>>",
            "best first; a reason without a past item has item_index null",
        ),
        "model_version": Column("string", "of the ranker and, through it, of every source"),
        "details": Column(
            "array<array<struct<event_type:string,event_date:date,category:string>>>",
            "per item, per reason: as in recommendations_v2; null without reasons",
            nullable=True,
        ),
        "before_policy": Column(
            "array<int>", "item indices as the ranker alone would list them; null without a list policy", nullable=True
        ),
    },
    key=("run_date", "fold", "user_id", "as_of_ts"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    keep_days=30,  # recommendations_v2 has the same lists; a month to look into a bad night
)
