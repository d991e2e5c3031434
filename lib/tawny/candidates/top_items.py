"""A source's best items for every user, without what must not be listed.

Shapes: U users of a batch, I items, K list.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tawny.models.arrow import histories, ragged, restored, scored_lists, small_batches
from tawny.models.base import Model
from tawny.models.files import model_version
from tawny.models.topk import top_k

_SCHEMA = "user_id string, items array<struct<item_index:int,score:float>>"


def top_items(users: DataFrame, files: dict[str, bytes], is_listable: NDArray[np.bool_], n: int) -> DataFrame:
    """user_id and items: the model's `n` best, best first; fewer where it has nothing to say of more.

    Args:
        users: user_id, item_indices, weights, ages_days, seen_indices and, for models that use them, features.
        files: the fitted model, as models_v1 keeps it. It is broadcast once, and restored once per worker process.
        is_listable: bool [I]; False for items that nobody may be shown.
    """
    context = users.sparkSession.sparkContext
    shared = context.broadcast((files, model_version(files), is_listable))

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        model_files, version, listable = shared.value
        model = _cached(version, lambda: restored(model_files))
        for batch in small_batches(batches):
            yield _lists(model, batch, ~listable, n)

    return users.mapInArrow(run, _SCHEMA)


def _lists(model: Model, batch: pa.RecordBatch, hidden: NDArray[np.bool_], n: int) -> pa.RecordBatch:
    scores = model.score(histories(batch))
    scores[:, hidden] = -np.inf
    seen, indptr = ragged(batch["seen_indices"], np.int32)
    scores[np.repeat(np.arange(batch.num_rows), np.diff(indptr)), seen] = -np.inf
    items, best = top_k(scores, n)
    return pa.RecordBatch.from_arrays([batch["user_id"], scored_lists(items, best)], names=["user_id", "items"])


class _Key(str):
    """A version that carries how to build the model, so that the cache is keyed by the version alone."""

    build: Callable[[], Model]


@lru_cache(maxsize=3)
def _built(key: _Key) -> Model:
    return key.build()


def _cached(version: str, build: Callable[[], Model]) -> Model:
    """The model of that version; a worker process builds it once, for all tasks and partitions it is given."""
    key = _Key(version)
    key.build = build
    return _built(key)
