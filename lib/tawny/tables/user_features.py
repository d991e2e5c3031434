"""The users' attributes, as a vector."""

from tawny.core.table import Column, TableSpec

USER_FEATURES = TableSpec(
    name="user_features_v2",
    doc="One row per user of the fold: the user's attributes as one vector, as they were known at the fold's cutoff.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "as the landing files name the user"),
        "features": Column(
            "array<float>", "users_v2.attributes, hashed into numbers in about [-1, 1]; events do not change it"
        ),
    },
    key=("run_date", "fold", "user_id"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    keep_days=30,  # read by the same night only; a month to look into a bad one
)
