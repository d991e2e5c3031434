"""From shortlists to lists: blended, cut to length, explained.

Shapes: U users of a batch, M longest shortlist, S sources, K list, R reasons.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tawny.models.arrow import histories, restored, small_batches
from tawny.models.base import Floats, Ints, Model
from tawny.models.blend import Blend
from tawny.models.topk import top_k
from tawny.ranking.matrix import padded
from tawny.ranking.reasons import Reasons, reasons

_REASON = "struct<source:string,item_index:int,share:float>"
_SCHEMA = f"user_id string, items array<struct<item_index:int,score:float,sources:array<string>,reasons:array<{_REASON}>>>"
_REASON_TYPE = pa.struct({"source": pa.string(), "item_index": pa.int32(), "share": pa.float32()})


@dataclass(frozen=True)
class Recipe:
    """What a list is made by.

    Attributes:
        blend: the learned blend.
        models: the files of every source, in the blend's order; needed for reasons only.
        k: length of the lists.
        n_reasons: per item, at most; 0 leaves reasons out.
        min_share: see reasons.reasons.
    """

    blend: Blend
    models: tuple[dict[str, bytes], ...]
    k: int
    n_reasons: int
    min_share: float = 0.0


def rank(users: DataFrame, recipe: Recipe) -> DataFrame:
    """user_id and items: the blended list, best first, with its sources and reasons.

    Args:
        users: user_id, is_warm, shortlist (the items of shortlists_v1), item_indices, weights, ages_days and, where a
            source uses them, features.
    """
    shared = users.sparkSession.sparkContext.broadcast(recipe)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        made = shared.value
        models = {s: restored(files) for s, files in enumerate(made.models)} if made.n_reasons else {}
        for batch in small_batches(batches):
            yield _ranked(batch, made, models)

    return users.mapInArrow(run, _SCHEMA)


def _ranked(batch: pa.RecordBatch, recipe: Recipe, models: dict[int, Model]) -> pa.RecordBatch:
    blend = recipe.blend
    shortlist = padded(batch["shortlist"], len(blend.sources))
    strengths = blend.strengths(shortlist.scores, batch["is_warm"].to_numpy(zero_copy_only=False))
    blended = np.where(np.isnan(shortlist.scores).all(axis=2), -np.inf, strengths.sum(axis=2)).astype(np.float32)
    places, scores = top_k(blended, recipe.k)
    at = np.maximum(places, 0)
    items = np.where(places >= 0, np.take_along_axis(shortlist.items, at, axis=1), -1).astype(np.int32)
    of_listed = np.take_along_axis(strengths, at[..., None], axis=1).astype(np.float32)
    why = None
    if recipe.n_reasons:
        why = reasons(histories(batch), items, of_listed, models, recipe.n_reasons, recipe.min_share)
    lists = _lists(items, scores, of_listed, why, blend.sources)
    return pa.RecordBatch.from_arrays([batch["user_id"], lists], names=["user_id", "items"])


def _lists(items: Ints, scores: Floats, strengths: Floats, why: Reasons | None, sources: tuple[str, ...]) -> pa.ListArray:
    """The column `items` of rankings_v1 from arrays [U, K] and, per source, [U, K, S]."""
    listed = items >= 0
    names = pa.array(sources, pa.string())
    order = np.argsort(-strengths[listed], axis=1, kind="stable")
    brought = np.take_along_axis(strengths[listed], order, axis=1) > 0
    by_source = _ragged(names.take(pa.array(order[brought])), brought)
    entries = [pa.array(items[listed], pa.int32()), pa.array(scores[listed], pa.float32()), by_source]
    entries.append(_reason_lists(why, listed, names))
    return _ragged(pa.StructArray.from_arrays(entries, names=["item_index", "score", "sources", "reasons"]), listed)


def _reason_lists(why: Reasons | None, listed: NDArray[np.bool_], names: pa.StringArray) -> pa.ListArray:
    if why is None:
        return _ragged(pa.array([], _REASON_TYPE), np.zeros((int(listed.sum()), 0), np.bool_))
    there = why.source[listed] >= 0
    source, item, share = (part[listed][there] for part in (why.source, why.item, why.share))
    past = pa.array(item, pa.int32(), mask=item < 0)
    fields = [names.take(pa.array(source)), past, pa.array(share, pa.float32())]
    return _ragged(pa.StructArray.from_arrays(fields, names=["source", "item_index", "share"]), there)


def _ragged(values: pa.Array, is_there: NDArray[np.bool_]) -> pa.ListArray:
    """Lists of the values, row by row of bool [rows, places]."""
    starts = np.concatenate([[0], np.cumsum(is_there.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(starts, values)
