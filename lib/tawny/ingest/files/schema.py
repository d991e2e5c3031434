"""The canonical columns of events, items and users, and the schema of their raw rows: text, whatever the file's format."""

import pyarrow as pa

from tawny.core.columns import KNOWN_FROM, RAW, SOURCE_DIGEST, SOURCE_FILE, SOURCE_LINE
from tawny.ingest.files.file import Kind

REQUIRED: dict[Kind, tuple[str, ...]] = {
    "events": ("user_id", "item_id", "event_type", "event_time"),
    "items": ("item_id",),
    "users": ("user_id",),
}

CANONICAL: dict[Kind, tuple[str, ...]] = {
    "events": (*REQUIRED["events"], "value", "context"),
    "items": ("item_id", "title", "description", "categories", "price", "image", "available_from", "available_until",
        KNOWN_FROM),
    "users": ("user_id", "attributes", KNOWN_FROM),
}  # fmt: skip

MAPS: dict[Kind, str] = {"events": "context", "users": "attributes"}
"""The column that takes anything else, as a map."""

MALFORMED_ROW = "malformed_row"
"""The fault of a row that could not be split into columns; a code of tawny.ingest.reasons.Reason."""

UNTERMINATED_ROW = "unterminated_row"
"""The fault of a text file's last row without a line end; a code of tawny.ingest.reasons.Reason."""

NO_LINE_END = "no line end"
"""The detail of such a row, if nothing else is wrong with it."""

WRONG_TYPE = "wrong_type"
"""The fault of a row with a list where text belongs; a code of tawny.ingest.reasons.Reason."""

MAP = pa.map_(pa.string(), pa.string())
LIST = pa.list_(pa.field("element", pa.string()))

OWN_ID = "own_id"
"""The column with the id that an event's source gives it."""

SOURCE = "source"
"""The column with the source whose ids these are: the path of its [[files]] entry."""

DELIVERY = "delivery"
"""The column with the place of a row's file in the order of delivery."""

FILE_KNOWN_FROM = "file_known_from"
"""The column with the date from which the file is known; a row may name its own in `known_from`."""

_TEXT = pa.string()
TAIL: dict[str, pa.DataType] = {
    "time_unit": _TEXT, "time_zone": _TEXT, RAW: _TEXT, SOURCE_FILE: _TEXT, SOURCE_LINE: pa.int64(), "fault": _TEXT,
    "fault_detail": _TEXT, SOURCE_DIGEST: _TEXT, DELIVERY: pa.int64(), FILE_KNOWN_FROM: pa.date32(),
}  # fmt: skip
"""What the rows of all kinds have: how their times are read, where they come from, and what is wrong with them."""

RAW_SCHEMA: dict[Kind, pa.Schema] = {
    "events": pa.schema(
        {
            "user_id": _TEXT, "item_id": _TEXT, "event_type": _TEXT, "event_time": _TEXT, "value": _TEXT, "context": MAP,
            OWN_ID: _TEXT, SOURCE: _TEXT, **TAIL,
        }
    ),
    "items": pa.schema(
        {
            "item_id": _TEXT, "title": _TEXT, "description": _TEXT, "categories": LIST, "price": _TEXT,
            "image": pa.binary(), "image_path": _TEXT, "available_from": _TEXT, "available_until": _TEXT,
            KNOWN_FROM: _TEXT, **TAIL,
        }
    ),
    "users": pa.schema({"user_id": _TEXT, "attributes": MAP, KNOWN_FROM: _TEXT, **TAIL}),
}  # fmt: skip
