"""What models see of a user."""

from tawny.core.table import Column, TableSpec

SEQUENCES = TableSpec(
    name="sequences_v1",
    doc="One row per user of the fold: the last items in order, and the items not to list. New users have empty arrays.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "as the landing files name the user"),
        "item_indices": Column("array<int>", "last L items from the oldest to the newest; repeats in a row are one"),
        "weights": Column("array<float>", "event weight of each entry, positive"),
        "ages_days": Column("array<float>", "days from each entry to the fold's cutoff"),
        "seen_indices": Column("array<int>", "items that the seen rule excludes, ascending"),
        "is_target": Column("boolean", "the fold makes a list for this user"),
    },
    key=("run_date", "fold", "user_id"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    checks={
        "one_weight_per_item": "cardinality(item_indices) = cardinality(weights)",
        "one_age_per_item": "cardinality(item_indices) = cardinality(ages_days)",
    },
    keep_days=30,  # read by the same night only; a month to look into a bad one
)
