"""The uniform raw rows that every format becomes: text, except lists, maps and images. Cleaning starts from these."""

import pyarrow as pa

from tawny.core.columns import RAW, SOURCE_FILE, SOURCE_LINE
from tawny.landing.source import Table

FAULT = "fault"
FAULT_DETAIL = "fault_detail"
TIME_UNIT = "time_unit"

MALFORMED_ROW = "malformed_row"
WRONG_TYPE = "wrong_type"

_TEXT = pa.string()
MAP = pa.map_(pa.string(), pa.string())
LIST = pa.list_(pa.field("element", pa.string()))

# `fault` is a code of tawny.ingest.reasons, for rows that could not be cut into columns or hold a list where text belongs.
_TAIL: dict[str, pa.DataType] = {
    TIME_UNIT: _TEXT, RAW: _TEXT, SOURCE_FILE: _TEXT, SOURCE_LINE: pa.int64(), FAULT: _TEXT, FAULT_DETAIL: _TEXT,
}  # fmt: skip

RAW_SCHEMA: dict[Table, pa.Schema] = {
    "events": pa.schema(
        {
            "user_id": _TEXT, "item_id": _TEXT, "event_type": _TEXT, "event_time": _TEXT, "value": _TEXT, "context": MAP,
            **_TAIL,
        }
    ),
    "items": pa.schema(
        {
            "item_id": _TEXT, "title": _TEXT, "description": _TEXT, "categories": LIST, "price": _TEXT,
            "image": pa.binary(), "image_path": _TEXT, "available_from": _TEXT, "available_until": _TEXT, **_TAIL,
        }
    ),
    "users": pa.schema({"user_id": _TEXT, "attributes": MAP, **_TAIL}),
}  # fmt: skip
