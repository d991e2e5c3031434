"""The lists of all sources merged: one entry per user and item, with the score that each source gave it.

Shapes: U users of a batch, P (user, item) pairs of the batch, S sources.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_ITEMS = "array<struct<item_index:int,scores:array<float>>>"
_SCHEMA = f"fold string, user_id string, items {_ITEMS}"


def merge_sources(candidates: DataFrame, sources: tuple[str, ...]) -> DataFrame:
    """fold, user_id, sources, items: the union of the sources' candidates, by item_index; NaN where a source lists it not.

    Args:
        candidates: source, fold, user_id, items. Rows of other sources are left out.
        sources: S names; the order of the scores.
    """
    named = candidates.where(F.col("source").isin(*sources))
    by_user = named.groupBy("fold", "user_id").agg(F.collect_list(F.struct("source", "items")).alias("lists"))
    merged = by_user.mapInArrow(_merge(sources), _SCHEMA)
    return merged.withColumn("sources", F.array(*[F.lit(source) for source in sources]))


def _merge(sources: tuple[str, ...]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            items = _merged(batch["lists"], sources)
            yield pa.RecordBatch.from_arrays([batch["fold"], batch["user_id"], items], names=["fold", "user_id", "items"])

    return run


def _merged(lists: pa.ListArray, sources: tuple[str, ...]) -> pa.ListArray:
    """Per user a list of {source, items} becomes a list of {item_index, scores}."""
    entries = lists.flatten()
    names, inner = entries.field("source"), entries.field("items")
    lengths = np.diff(inner.offsets.to_numpy())
    flat = inner.flatten()
    column = np.array([sources.index(name) for name in names.to_pylist()], np.int64)
    user = np.repeat(np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy())), lengths)
    item = flat.field("item_index").to_numpy().astype(np.int64)
    keys, pair = np.unique(user * (item.max(initial=0) + 1) + item, return_inverse=True)
    scores = np.full((len(keys), len(sources)), np.nan, np.float32)
    scores[pair, np.repeat(column, lengths)] = flat.field("score").to_numpy()
    return _scored(len(lists), keys // (item.max(initial=0) + 1), keys % (item.max(initial=0) + 1), scores)


def _scored(n_users: int, user: NDArray[np.int64], item: NDArray[np.int64], scores: NDArray[np.float32]) -> pa.ListArray:
    n_pairs, n_sources = scores.shape
    offsets = np.arange(0, (n_pairs + 1) * n_sources, n_sources, dtype=np.int32)
    rows = pa.ListArray.from_arrays(offsets, pa.array(scores.ravel()))
    entries = pa.StructArray.from_arrays([pa.array(item.astype(np.int32)), rows], names=["item_index", "scores"])
    starts = np.concatenate([[0], np.cumsum(np.bincount(user, minlength=n_users))]).astype(np.int32)
    return pa.ListArray.from_arrays(starts, entries)
