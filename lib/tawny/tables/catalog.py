"""The items of a run, numbered."""

from tawny.core.table import Column, TableSpec

CATALOG = TableSpec(
    name="catalog_v1",
    doc="Every item known before run_date, from items_v1 or from events alone, numbered by ascending item_id.",
    columns={
        "run_date": Column("date", "the run"),
        "item_index": Column("int", "0 .. n_items - 1, ascending with item_id"),
        "item_id": Column("string", "as the landing files name the item"),
        "title": Column("string", "display title", nullable=True),
        "categories": Column("array<string>", "sorted, unique; empty if unknown"),
        "price": Column("double", "in the shop's currency", nullable=True),
        "is_available": Column("boolean", "may be listed on run_date"),
    },
    key=("run_date", "item_index"),
    mode="replace_partition",
    partition_by=("run_date",),
)
