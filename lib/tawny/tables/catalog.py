"""The items of a run, numbered."""

from tawny.core.table import Column, TableSpec

CATALOG = TableSpec(
    name="catalog_v2",
    doc="Every item known on run_date, from items_v2 or from events alone, numbered by ascending item_id.",
    columns={
        "run_date": Column("date", "the run"),
        "item_index": Column("int", "0 .. n_items - 1, ascending with item_id"),
        "item_id": Column("string", "as the landing files name the item"),
        "title": Column("string", "display title on run_date", nullable=True),
        "categories": Column("array<string>", "on run_date, sorted, unique; a fold's own are in item_features_v2"),
        "price": Column("double", "on run_date, in the shop's currency", nullable=True),
        "first_event_ts": Column("timestamp", "UTC, its first event; null for an item that no event names", nullable=True),
        "is_blocked": Column("boolean", "the settings exclude it from every list, in every fold"),
    },
    key=("run_date", "item_index"),
    mode="replace_partition",
    partition_by=("run_date",),
    keep_days=30,  # as long as the tables that name items by its numbers
)
