"""How often, and how recently, an item was taken."""

from tawny.core.table import Column, TableSpec

ITEM_FEATURES = TableSpec(
    name="item_features_v2",
    doc="One row per item of the catalog and fold: counts of the events that the fold learns from.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "item_index": Column("int", "the item's number in catalog_v1 of the same run_date"),
        "n_events": Column("int", "all events"),
        "n_events_7d": Column("int", "events in the 7 days before the fold's cutoff"),
        "n_events_30d": Column("int", "events in the 30 days before the fold's cutoff"),
        "n_events_90d": Column("int", "events in the 90 days before the fold's cutoff"),
    },
    key=("run_date", "fold", "item_index"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
)
