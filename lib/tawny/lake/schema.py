"""A table's Spark SQL types as Arrow types."""

import pyarrow as pa

from tawny.core.table import TableSpec

_SIMPLE: dict[str, pa.DataType] = {
    "string": pa.string(), "tinyint": pa.int8(), "int": pa.int32(), "bigint": pa.int64(), "float": pa.float32(),
    "double": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(), "timestamp": pa.timestamp("us", "UTC"),
    "binary": pa.binary(),
}  # fmt: skip


def arrow_type(sql: str) -> pa.DataType:
    """The Arrow type of a Spark SQL type such as `array<struct<item_id:string,score:float>>`.

    >>> arrow_type("map<string,array<int>>")
    MapType(map<string, list<element: int32>>)
    """
    head, _, rest = sql.partition("<")
    if not rest:
        return _SIMPLE[sql]
    parts = _split(rest[:-1])
    if head == "array":
        return pa.list_(pa.field("element", arrow_type(parts[0])))
    if head == "map":
        return pa.map_(arrow_type(parts[0]), arrow_type(parts[1]))
    pairs = (part.split(":", 1) for part in parts)
    return pa.struct([pa.field(name, arrow_type(kind)) for name, kind in pairs])


def arrow_schema(spec: TableSpec) -> pa.Schema:
    """The table's columns as an Arrow schema."""
    return pa.schema([pa.field(name, arrow_type(c.type), nullable=c.nullable) for name, c in spec.columns.items()])


def _split(text: str) -> list[str]:
    """Split at the commas outside of angle brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "<") - (char == ">")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts
