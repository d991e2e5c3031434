"""The lists of all sources merged: one entry per user and item, with the score that each source gave it.

Shapes: U users of a batch, E (user, source) lists, V entries of all lists, P (user, item) pairs, S sources.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Ragged, nest, unnest
from tawny.core.columns import FOLD, LIST_KEY

_KEY = [FOLD, *LIST_KEY]
_ITEMS = "array<struct<item_index:int,scores:array<float>>>"
_SCHEMA = f"fold string, user_id string, as_of_ts timestamp, items {_ITEMS}"


def merge_sources(candidates: DataFrame, sequences: DataFrame, sources: tuple[str, ...]) -> DataFrame:
    """The rows of shortlists_v2 without run_date: the union of the sources' lists, NaN where a source does not list an item.

    Args:
        candidates: source, fold, user_id, as_of_ts, items; rows of other sources are ignored.
        sequences: fold, user_id, as_of_ts, item_indices; a user with a history is warm.
        sources: S names; the order of the scores.
    """
    own = candidates.where(F.col("source").isin(*sources))
    by_user = own.groupBy(*_KEY).agg(F.collect_list(F.struct("source", "items")).alias("lists"))
    merged = by_user.mapInArrow(_merge_batches(sources), _SCHEMA)
    named = merged.withColumn("sources", F.array(*[F.lit(source) for source in sources]))
    is_warm = (F.cardinality("item_indices") > 0).alias("is_warm")
    return named.join(sequences.select(*_KEY, is_warm), _KEY)


def _merge_batches(sources: tuple[str, ...]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            items = _merge_lists(batch["lists"], sources)
            yield pa.RecordBatch.from_arrays([*(batch[name] for name in _KEY), items], names=[*_KEY, "items"])

    return run


def _merge_lists(lists: pa.ListArray, sources: tuple[str, ...]) -> pa.ListArray:
    """Each user's list of {source, items} as a list of {item_index, scores}, by item_index."""
    user_indptr, by_source = unnest(lists)
    list_indptr, entries = unnest(by_source.field("items"))
    items = Ragged(list_indptr, entries.field("item_index").to_numpy().astype(np.int64))
    column = np.array([sources.index(name) for name in by_source.field("source").to_pylist()], np.int64)  # [E]
    user = Ragged(user_indptr, column).rows[items.rows]  # [V]
    width = items.values.max(initial=0) + 1
    pairs, pair = np.unique(user * width + items.values, return_inverse=True)
    scores = np.full((len(pairs), len(sources)), np.nan, np.float32)
    scores[pair, column[items.rows]] = entries.field("score").to_numpy()
    indptr = np.searchsorted(pairs // width, np.arange(len(lists) + 1))
    score_lists = nest(np.arange(len(pairs) + 1) * len(sources), pa.array(scores.ravel()))
    fields = [pa.array((pairs % width).astype(np.int32)), score_lists]
    return nest(indptr, pa.StructArray.from_arrays(fields, names=["item_index", "scores"]))
