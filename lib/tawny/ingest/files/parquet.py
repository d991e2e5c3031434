"""Parquet files, of whatever types their columns have."""

import hashlib
import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tawny.ingest.files.file import Part
from tawny.ingest.files.rows import Rows, as_text, good_rows
from tawny.ingest.files.schema import MAP

_ROWS_AT_ONCE = 65_536

_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def read_parquet(part: Part) -> Iterator[Rows]:
    """The rows of some row groups. `raw` is the row as JSON, with the digest of what is binary."""
    line = part.first_line
    with part.file.open() as handle, pq.ParquetFile(handle) as file:
        for batch in file.iter_batches(_ROWS_AT_ONCE, row_groups=range(part.start, part.stop or 0)):
            names, texts = batch.schema.names, [text_of(array) for array in batch.columns]
            raw = _as_json(names, batch.columns, texts)
            yield good_rows(
                dict(zip(names, texts, strict=True)), raw, pa.array(range(line, line + batch.num_rows), pa.int64())
            )
            line += batch.num_rows


def is_nested(kind: pa.DataType) -> bool:
    """Whether a value of this type is more than one."""
    return bool(pa.types.is_nested(kind))


def text_of(array: pa.Array) -> pa.Array:
    """The column as text; bytes stay bytes, maps of text stay maps, other nested values become JSON."""
    if pa.types.is_dictionary(array.type):
        return text_of(array.dictionary_decode())
    if array.type.equals(MAP) or pa.types.is_binary(array.type):
        return array
    if pa.types.is_large_binary(array.type):
        return array.cast(pa.binary())
    if is_nested(array.type):
        return pa.array([as_text(_plain(value, array.type)) for value in array.to_pylist()], pa.string())
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us", "UTC" if array.type.tz else None), safe=False)
    if pa.types.is_floating(array.type):
        return _float_text(array)
    return array.cast(pa.string())


def _float_text(array: pa.Array) -> pa.Array:
    """Whole numbers without a fraction: Arrow writes the id 12345678901.0 as 1.2345678901e+10."""
    is_whole = pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), 2.0**53))
    whole = pc.if_else(is_whole, array, pa.scalar(None, array.type)).cast(pa.int64())
    return pc.coalesce(whole.cast(pa.string()), array.cast(pa.string()))


def _plain(value: object, kind: pa.DataType) -> object:
    """A map comes as pairs and is an object."""
    return dict(value) if pa.types.is_map(kind) and isinstance(value, list) else value


def _as_json(names: list[str], columns: list[pa.Array], texts: list[pa.Array]) -> pa.Array:
    """strings [n]: the rows as JSON objects, column by column, because row by row took ten times as long."""
    pieces: list[pa.Array | str] = []
    for i, (name, array, text) in enumerate(zip(names, columns, texts, strict=True)):
        pieces += [f"{', ' if i else '{'}{json.dumps(name)}: ", pc.fill_null(_json_text(array.type, text), "null")]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _json_text(kind: pa.DataType, text: pa.Array) -> pa.Array:
    """strings [n]: a column's text as it stands in JSON."""
    if pa.types.is_binary(text.type):
        return pa.array([_digest(value) for value in text.to_pylist()], pa.string())
    if text.type.equals(MAP):
        return pa.array([as_text(_plain(value, MAP)) for value in text.to_pylist()], pa.string())
    if is_nested(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return text
    for char, escape in _ESCAPES:
        if pc.any(pc.match_substring(text, char)).as_py():
            text = pc.replace_substring(text, char, escape)
    return pc.binary_join_element_wise('"', text, '"', "")


def _digest(value: bytes | None) -> str | None:
    if value is None:
        return None
    return json.dumps({"n_bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()})
