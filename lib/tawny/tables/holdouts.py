"""What users did after a morning: the answers."""

from tawny.core.table import Column, TableSpec

HOLDOUTS = TableSpec(
    name="holdouts_v2",
    doc="One row per user and morning with relevant items in the days that follow (validation, test).",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation or test"),
        "user_id": Column("string", "as the landing files name the user"),
        "as_of_ts": Column("timestamp", "the morning; the fold's cutoff where all that is held out is asked for at once"),
        "item_indices": Column("array<int>", "relevant items, unique, ascending; without those that the seen rule excludes"),
        "values": Column("array<float>", "what each of them is worth, above 0"),
        "history_length": Column("int", "items that the user had taken before"),
        "is_warm": Column("boolean", "history_length is not 0"),
    },
    key=("run_date", "fold", "user_id", "as_of_ts"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    checks={
        "has_relevant_items": "cardinality(item_indices) > 0",
        "one_value_per_item": "cardinality(item_indices) = cardinality(values)",
    },
    keep_days=30,  # read by the same night only; a month to look into a bad one
)
