"""What a fold knows of an item."""

from tawny.core.table import Column, TableSpec

ITEM_FEATURES = TableSpec(
    name="item_features_v2",
    doc="One row per item of the catalog and fold: what was known at the fold's cutoff, and counts of its events.",
    columns={
        "run_date": Column("date", "the run"),
        "fold": Column("string", "validation, test or serve"),
        "item_index": Column("int", "the item's number in catalog_v2 of the same run_date"),
        "is_listable": Column("boolean", "known (described, or in an event) and available at the cutoff; not blocked"),
        "categories": Column("array<string>", "at the fold's cutoff, sorted, unique; empty if unknown"),
        "age_days": Column("float", "days from its first event to the cutoff; null if it had none yet", nullable=True),
        "price": Column("double", "at the fold's cutoff, in the shop's currency", nullable=True),
        "n_events": Column("int", "all events of positive weight"),
        "n_events_7d": Column("int", "of them, in the 7 days before the fold's cutoff"),
        "n_events_30d": Column("int", "of them, in the 30 days before the fold's cutoff"),
        "n_events_90d": Column("int", "of them, in the 90 days before the fold's cutoff"),
    },
    key=("run_date", "fold", "item_index"),
    mode="replace_partition",
    partition_by=("run_date", "fold"),
    keep_days=30,  # read by the same night only; a month to look into a bad one
)
