"""Which users took or refused which items, and how strongly."""

from tawny.core.table import Column, TableSpec

INTERACTIONS = TableSpec(
    name="interactions_v3",
    doc="One row per fold, user and item: the user's events with the item that the fold learns from, as one weight.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "as the landing files name the user"),
        "item_id": Column("string", "as the landing files name the item"),
        "item_index": Column("int", "the item's number in catalog_v2 of the same run_date"),
        "weight": Column("float", "sum of the event weights, decayed by age; positive where the user wants the item"),
    },
    key=("run_date", "fold", "user_id", "item_id"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    checks={"weight_is_finite": "NOT isnan(weight) AND abs(weight) < 1e30"},
    keep_days=30,  # read by the same night only; a month to look into a bad one
)
