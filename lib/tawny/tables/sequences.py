"""What models see of a user."""

from tawny.core.table import Column, TableSpec

SEQUENCES = TableSpec(
    name="sequences_v2",
    doc="One row per user and instant: the last items in order, and the items not to list. New users have empty arrays.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "as the landing files name the user"),
        "as_of_ts": Column("timestamp", "the history ends before it: the fold's cutoff, or a morning"),
        "is_training": Column("boolean", "models of the fold learn from this row; one per user"),
        "is_target": Column("boolean", "the fold makes a list for this row"),
        "item_indices": Column(
            "array<int>", "last L items from the oldest to the newest; repeats of a type in a row are one"
        ),
        "weights": Column("array<float>", "event weight of each entry, positive"),
        "ages_days": Column("array<float>", "days from each entry to as_of_ts"),
        "types": Column("array<tinyint>", "type of each entry, as its place in core.columns.EVENT_TYPES"),
        "seen_indices": Column("array<int>", "items that the seen rule excludes, ascending"),
    },
    key=("run_date", "fold", "user_id", "as_of_ts"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    checks={
        "one_weight_per_item": "cardinality(item_indices) = cardinality(weights)",
        "one_age_per_item": "cardinality(item_indices) = cardinality(ages_days)",
    },
    keep_days=30,  # read by the same night only; a month to look into a bad one
)
