"""How an item does, in numbers."""

from tawny.core.table import Column, TableSpec

ITEM_FEATURES = TableSpec(
    name="item_features_v1",
    doc="One row per item of the catalogue and fold, from the events the fold learns from.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "item_index": Column("int", "of catalog_v1 of the same run_date"),
        "item_id": Column("string", "raw key"),
        "n_events": Column("int", "all events"),
        "n_users": Column("int", "distinct users"),
        "n_events_7d": Column("int", "events in the 7 days before the cutoff"),
        "n_events_30d": Column("int", "events in the 30 days before the cutoff"),
        "n_events_90d": Column("int", "events in the 90 days before the cutoff"),
        "trend": Column("float", "log ratio of the daily rate of the last 7 days to that of the last 30, smoothed"),
        "age_days": Column("float", "days from the item's first event to the cutoff", nullable=True),
        "category": Column("string", "first category", nullable=True),
        "price_bucket": Column("int", "decile of price in the catalogue, 0 .. 9", nullable=True),
        "mean_rating": Column("float", "mean rating value, shrunk to the global mean", nullable=True),
    },
    key=("run_date", "fold", "item_index"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
)
