"""Spark frames written and compared by hand."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

RUN_DAY = datetime(2024, 3, 1, tzinfo=UTC)

_EVENTS = pa.schema(
    {
        "event_id": pa.string(),
        "user_id": pa.string(),
        "item_id": pa.string(),
        "event_type": pa.string(),
        "event_ts": pa.timestamp("us", "UTC"),
        "value": pa.float64(),
        "context": pa.map_(pa.string(), pa.string()),
    }
)


def event(user: str, item: str, kind: str, days: float, **more: Any) -> dict[str, Any]:
    """A row of events_v1, `days` before RUN_DAY; `more` are further columns, or the event_id."""
    return {"user_id": user, "item_id": item, "event_type": kind, "event_ts": RUN_DAY - timedelta(days=days), **more}


def event_frame(spark: SparkSession, events: Sequence[Mapping[str, Any]]) -> DataFrame:
    """Events as a frame; those without an event_id get `e0`, `e1` ... by position."""
    rows = [{"event_id": f"e{place}", **row} for place, row in enumerate(events)]
    return spark.createDataFrame(pa.Table.from_pylist(rows, _EVENTS))


def frame(spark: SparkSession, schema: str, *rows: tuple[Any, ...]) -> DataFrame:
    """A frame of the columns that `schema` (DDL) names, in one partition."""
    return spark.createDataFrame(list(rows), schema).coalesce(1)


def rows_of(found: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """All rows as sorted tuples of plain values; of these columns, or of all."""
    collected = (found.select(*columns) if columns else found).collect()
    return sorted((tuple(_plain(value) for value in row) for row in collected), key=repr)


def assert_rows(found: DataFrame, columns: str, expected: Iterable[tuple[Any, ...]]) -> None:
    """Raise AssertionError unless the frame has exactly these columns (space-separated) and, in any order, these rows.

    Numbers may differ by a millionth.
    """
    names = columns.split()
    assert sorted(found.columns) == sorted(names), f"columns {found.columns}"
    have, want = rows_of(found, *names), sorted(expected, key=repr)
    assert same(have, want), "\n".join(["found:", *map(repr, have), "expected:", *map(repr, want)])


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are equal, numbers within a millionth, at any depth."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return same(sorted(one.items()), sorted(other.items()))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    return bool(one == other)


def _plain(value: Any) -> Any:
    if hasattr(value, "asDict"):
        return {name: _plain(part) for name, part in value.asDict().items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return [_plain(part) for part in value] if isinstance(value, list) else value
