"""Histories as Spark frames, and frames with nested lists as mappings."""

from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from tawny.models.base import Histories


def sequence_frame(spark: SparkSession, users: Histories, seen: dict[int, list[int]] | None = None) -> DataFrame:
    """Histories as the rows of sequences_v1 that models read; users are named `u0`, `u1` ...

    Args:
        seen: by number of the user; default: the history.
    """
    rows = []
    for user in range(users.n_users):
        own = slice(users.indptr[user], users.indptr[user + 1])
        items = users.items[own].tolist()
        hidden = sorted(set(items)) if seen is None else seen.get(user, [])
        rows.append((f"u{user}", items, users.weights[own].tolist(), users.ages_days[own].tolist(), hidden))
    schema = "user_id string, item_indices array<int>, weights array<float>, ages_days array<float>, seen_indices array<int>"
    return spark.createDataFrame(rows, schema)


def mappings_of(frame: DataFrame, *order: str) -> list[dict[str, Any]]:
    """All rows as mappings, sorted by the given columns; NaN becomes None so that rows can be compared."""
    rows = (row.asDict(recursive=True) for row in frame.collect())
    return sorted((_plain(row) for row in rows), key=lambda row: tuple(row[name] for name in order))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 6)
    return value
