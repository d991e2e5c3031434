"""What users did after a fold's cutoff: the answers."""

from tawny.core.table import Column, TableSpec

HOLDOUTS = TableSpec(
    name="holdouts_v1",
    doc="One row per user with relevant items in the fold's evaluation window (validation, test).",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation or test"),
        "user_id": Column("string", "as the landing files name the user"),
        "item_indices": Column("array<int>", "relevant items, unique, ascending; without those that the seen rule excludes"),
        "is_warm": Column("boolean", "the user took an item in the events that the fold learns from"),
    },
    key=("run_date", "fold", "user_id"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    checks={"has_relevant_items": "cardinality(item_indices) > 0"},
    keep_days=30,  # read by the same night only; a month to look into a bad one
)
