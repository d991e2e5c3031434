"""The items, as the shop describes them."""

from tawny.core.table import Column, TableSpec
from tawny.tables.quarantine import quarantine_of

ITEMS = TableSpec(
    name="items_v2",
    doc="Every description of an item that a landing file gave, with the day from which it was known.",
    columns={
        "item_id": Column("string", "as the landing files name the item"),
        "known_from": Column(
            "date", "the first run_date that knows this description; core.columns.ALWAYS for the first load"
        ),
        "title": Column("string", "display title", nullable=True),
        "description": Column("string", "text", nullable=True),
        "categories": Column("array<string>", "genres, departments ...; order as given", nullable=True),
        "price": Column("double", "in the shop's currency", nullable=True),
        "image": Column("binary", "encoded image", nullable=True),
        "image_path": Column("string", "where the image lies, if it is not in `image`", nullable=True),
        "available_from": Column("timestamp", "UTC; before it the item is never listed", nullable=True),
        "available_until": Column("timestamp", "UTC; from then on the item is never listed", nullable=True),
        "source_file": Column("string", "path below the landing folder of the file that gave the description"),
        "source_digest": Column("string", "of that file, as in landings_v1"),
        "source_line": Column("bigint", "line of that file (row number for Parquet), from 1; 0: it is gone from it"),
    },
    key=("item_id", "known_from"),
    mode="merge_by_key",
    known_column="known_from",
    is_pinned=True,
    checks={"price_is_not_negative": "price IS NULL OR price >= 0"},
    retention_days=90,
)

ITEMS_QUARANTINE = quarantine_of(ITEMS)
