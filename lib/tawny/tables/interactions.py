"""Who has had to do with what, and how much."""

from tawny.core.table import Column, TableSpec

INTERACTIONS = TableSpec(
    name="interactions_v1",
    doc="One row per user and item that the fold learns from: the user's events with the item, weighted and combined.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "user_id": Column("string", "raw key"),
        "item_id": Column("string", "raw key"),
        "item_index": Column("int", "of catalog_v1 of the same run_date"),
        "weight": Column("float", "sum of event weights, decayed by age; positive for a positive relation"),
        "n_events": Column("int", "events combined"),
        "first_ts": Column("timestamp", "UTC of the first event"),
        "last_ts": Column("timestamp", "UTC of the last event"),
        "is_seen": Column("boolean", "the seen rule forbids to list the item to the user"),
    },
    key=("run_date", "fold", "user_id", "item_id"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    checks={"weight_is_finite": "NOT isnan(weight) AND abs(weight) < 1e30"},
)
