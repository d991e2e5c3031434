"""A source's best items for every user, without those that must not be listed.

Shapes: U users of a batch, I items, K list.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tawny.core.arrays import Bools, Histories, Ragged, nest, small_batches, top_k
from tawny.core.columns import ITEMS, LIST_KEY
from tawny.models.base import Model
from tawny.models.loaded import loaded
from tawny.models.store import model_version

_SCHEMA = "user_id string, as_of_ts timestamp, items array<struct<item_index:int,score:float>>"


def top_items(users: DataFrame, files: dict[str, bytes], is_listable: Bools, n: int) -> DataFrame:
    """user_id, as_of_ts and items: the model's `n` best items, best first; fewer where it scores fewer.

    Args:
        users: user_id, as_of_ts, item_indices, weights, ages_days, seen_indices and, for models that need them, features.
        files: the fitted model, as models_v1 keeps it; broadcast once, and loaded once per worker process.
        is_listable: bool [I]; False for items that must not be listed to anybody.
        n: positive.
    """
    context = users.sparkSession.sparkContext
    shared = context.broadcast((model_version(files), files, is_listable))

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        version, model_files, listable = shared.value
        model = loaded(version, model_files)
        for batch in small_batches(batches):
            yield _lists(model, batch, listable, n)

    return users.mapInArrow(run, _SCHEMA)


def _lists(model: Model, batch: pa.RecordBatch, is_listable: Bools, n: int) -> pa.RecordBatch:
    scores = model.score(Histories.from_arrow(batch))
    scores[:, ~is_listable] = -np.inf
    seen = Ragged.from_arrow(batch["seen_indices"])
    scores[seen.rows, seen.values] = -np.inf
    items, best = top_k(scores, n)
    is_listed = items >= 0
    listed = Ragged.from_padded(items, is_listed)
    entries = pa.StructArray.from_arrays([pa.array(listed.values), pa.array(best[is_listed])], names=["item_index", "score"])
    keys = [batch[name] for name in LIST_KEY]
    return pa.RecordBatch.from_arrays([*keys, nest(listed.indptr, entries)], names=[*LIST_KEY, ITEMS])
