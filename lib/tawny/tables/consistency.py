"""The proof that published lists can be made again."""

from tawny.core.table import Column, TableSpec

CONSISTENCY = TableSpec(
    name="consistency_v1",
    doc="One row per night: the lists of the night before, made again for a sample of users from what they were made from.",
    columns={
        "run_date": Column("date", "the run"),
        "list_date": Column("date", "run_date of the lists that were made again"),
        "list_id": Column("string", "of recommendations_v2"),
        "is_same_code": Column("boolean", "the lists were made by the sources that made them again"),
        "n_users": Column("bigint", "users of the sample"),
        "n_rows": Column("bigint", "their rows in the list"),
        "n_missing": Column("bigint", "rows that were made again and are not in the list"),
        "n_extra": Column("bigint", "rows of the list that were not made again"),
        "n_mismatched": Column("bigint", "rows with another item, other sources or another score"),
    },
    key=("run_date",),
    mode="replace_partition",
    partition_by=("run_date",),
    retention_days=365,
    keep_days=365,
)
