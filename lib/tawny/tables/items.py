"""The items, as the shop describes them."""

from tawny.core.table import Column, TableSpec
from tawny.tables.quarantine import quarantine_of

ITEMS = TableSpec(
    name="items_v1",
    doc="The latest description of every item that a landing file described.",
    columns={
        "item_id": Column("string", "as the landing files name the item"),
        "title": Column("string", "display title", nullable=True),
        "description": Column("string", "text", nullable=True),
        "categories": Column("array<string>", "genres, departments ...; order as given", nullable=True),
        "price": Column("double", "in the shop's currency", nullable=True),
        "image": Column("binary", "encoded image", nullable=True),
        "image_path": Column("string", "where the image lies, if it is not in `image`", nullable=True),
        "available_from": Column("timestamp", "UTC; before it the item is never listed", nullable=True),
        "available_until": Column("timestamp", "UTC; from then on the item is never listed", nullable=True),
    },
    key=("item_id",),
    mode="merge_by_key",
    checks={"price_is_not_negative": "price IS NULL OR price >= 0"},
    retention_days=90,
)

ITEMS_QUARANTINE = quarantine_of(ITEMS)
