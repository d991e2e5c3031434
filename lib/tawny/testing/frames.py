"""Writes small Spark frames, and compares frames with expected rows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tawny.core.arrays import Histories
from tawny.core.columns import AS_OF_TS, EVENT_TYPES, FOLDS, ITEM_INDICES, TYPES, Fold
from tawny.core.split import FoldSplit, NightSplit, mornings_of

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
    """A row of events_v2, `days` before RUN_DAY; `more` are further columns, or the event_id."""
    return {"user_id": user, "item_id": item, "event_type": kind, "event_ts": RUN_DAY - timedelta(days=days), **more}


def split_of(kind: str = "mornings", **more: Any) -> NightSplit:
    """A split: validation on the ten days before the last ten, test on these, every event of a type with weight an answer.

    Args:
        kind: the splitter that labels; of one that no instant divides, all folds end at RUN_DAY.
        more: other attributes of NightSplit.
    """
    early, late = RUN_DAY - timedelta(days=20), RUN_DAY - timedelta(days=10)
    days: dict[Fold, FoldSplit] = {
        "validation": FoldSplit(early, late, mornings_of(early, late, 1), 1),
        "test": FoldSplit(late, RUN_DAY, mornings_of(late, RUN_DAY, 1), 1),
        "serve": FoldSplit(RUN_DAY, RUN_DAY, (RUN_DAY,)),
    }
    folds = days if kind == "mornings" else {fold: FoldSplit(RUN_DAY, RUN_DAY, (RUN_DAY,)) for fold in FOLDS}
    targets = dict.fromkeys(EVENT_TYPES[1:-2], 1.0)
    return NightSplit(**{
        "kind": kind, "folds": folds, "is_ordered": True, "targets": targets, "seen_types": EVENT_TYPES[1:], "reason": "",
        **more,
    })  # fmt: skip


def event_frame(spark: SparkSession, events: Sequence[Mapping[str, Any]]) -> DataFrame:
    """Events as a frame; those without an event_id get `e0`, `e1` ... by position."""
    rows = [{"event_id": f"e{place}", **row} for place, row in enumerate(events)]
    return spark.createDataFrame(pa.Table.from_pylist(rows, _EVENTS))


def frame(spark: SparkSession, schema: str, *rows: tuple[Any, ...]) -> DataFrame:
    """A frame of the columns that `schema` (DDL) names, in one partition."""
    return spark.createDataFrame(list(rows), schema).coalesce(1)


def as_of(frame: DataFrame, instant: datetime = RUN_DAY) -> DataFrame:
    """The frame with the column `as_of_ts`, the same in every row."""
    return frame.withColumn(AS_OF_TS, F.lit(instant))


def sequence_frame(spark: SparkSession, users: Histories, seen: dict[int, list[int]] | None = None) -> DataFrame:
    """Histories as rows of sequences_v2 as of RUN_DAY, in the columns that models read; users are named `u0`, `u1` ...

    Args:
        spark: the session.
        users: the histories.
        seen: seen items by the user's number; default: the items of the history.
    """
    rows = []
    for user in range(users.n_users):
        own = slice(users.indptr[user], users.indptr[user + 1])
        items = users.items[own].tolist()
        own_seen = sorted(set(items)) if seen is None else seen.get(user, [])
        rows.append(
            (f"u{user}", RUN_DAY, True, True, items, users.weights[own].tolist(), users.ages_days[own].tolist(), own_seen)
        )
    flags = "as_of_ts timestamp, is_training boolean, is_target boolean"
    arrays = "item_indices array<int>, weights array<float>, ages_days array<float>, seen_indices array<int>"
    frame = spark.createDataFrame(rows, f"user_id string, {flags}, {arrays}")
    view = F.lit(EVENT_TYPES.index("view")).cast("tinyint")
    return frame.withColumn(TYPES, F.array_repeat(view, F.size(ITEM_INDICES)))


def rows_of(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """All rows of these columns (default: all columns), as sorted tuples of plain values."""
    collected = (frame.select(*columns) if columns else frame).collect()
    return sorted((tuple(_plain(value) for value in row) for row in collected), key=repr)


def dicts_of(frame: DataFrame, *order: str) -> list[dict[str, Any]]:
    """All rows as dicts, sorted by the given columns; NaN becomes None, so that rows can be compared."""
    rows = (row.asDict(recursive=True) for row in frame.collect())
    return sorted((_rounded(row) for row in rows), key=lambda row: tuple(row[name] for name in order))


def assert_rows(frame: DataFrame, columns: str, expected: Iterable[tuple[Any, ...]]) -> None:
    """Raise AssertionError unless the frame has exactly these columns (space-separated) and, in any order, these rows.

    Numbers may differ by a millionth.
    """
    names = columns.split()
    assert sorted(frame.columns) == sorted(names), f"columns {frame.columns}"
    actual, wanted = rows_of(frame, *names), sorted(expected, key=repr)
    assert same(actual, wanted), "\n".join(["actual:", *map(repr, actual), "expected:", *map(repr, wanted)])


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


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 6)
    return value
