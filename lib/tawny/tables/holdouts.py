"""What users did after a fold's cutoff: the answers."""

from tawny.core.table import Column, TableSpec

HOLDOUTS = TableSpec(
    name="holdouts_v1",
    doc="One row per user with relevant items in the window that judges the fold (validation, test).",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation or test"),
        "user_id": Column("string", "raw key"),
        "item_indices": Column("array<int>", "relevant items, unique, ascending; what the seen rule forbids is left out"),
        "is_warm": Column("boolean", "the user has events that the fold learns from"),
    },
    key=("run_date", "fold", "user_id"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    checks={"has_relevant_items": "cardinality(item_indices) > 0"},
)
