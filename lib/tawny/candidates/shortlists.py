"""Shortlists: the lists of all sources merged, and every item scored by every source.

Shapes: U users of a batch, E (user, source) lists, V entries of all lists, P (user, item) pairs, M longest shortlist,
S sources.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Floats, Histories, Ints, Ragged, nest, small_batches, unnest
from tawny.core.columns import FEATURES, HISTORY, ITEMS, LIST_KEY, USER_ID
from tawny.models.base import Model
from tawny.models.loaded import loaded
from tawny.models.store import model_version

_ITEMS = "array<struct<item_index:int,scores:array<float>,ranks:array<int>>>"
_SCHEMA = f"user_id string, as_of_ts timestamp, is_warm boolean, {ITEMS} {_ITEMS}"


def shortlists(
    candidates: DataFrame, sequences: DataFrame, features: DataFrame, models: Mapping[str, dict[str, bytes]]
) -> DataFrame:
    """The rows of shortlists_v2 of one fold: the union of the sources' lists, with the score of every source.

    An item that only one source lists is judged by all: a source that ranks it just below its own list and one that ranks it
    last are told apart.

    Args:
        candidates: source, user_id, as_of_ts, items; rows of other sources than those of `models` are ignored.
        sequences: rows of the users, as sequences_v2 has them.
        features: user_id, features.
        models: by source, in the order of the scores, the files of its model; broadcast once.
    """
    lists = F.collect_list(F.struct("source", ITEMS)).alias("lists")
    by_user = candidates.where(F.col("source").isin(*models)).groupBy(*LIST_KEY).agg(lists)
    histories = sequences.select(*LIST_KEY, *HISTORY)
    users = by_user.join(histories, LIST_KEY).join(features.select(USER_ID, FEATURES), USER_ID, "left")
    shared = candidates.sparkSession.sparkContext.broadcast(
        {source: (model_version(files), files) for source, files in models.items()}
    )

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        fitted = {source: loaded(version, files) for source, (version, files) in shared.value.items()}
        for batch in small_batches(batches):
            yield _completed(batch, fitted)

    sources = F.array(*[F.lit(source) for source in models]).alias("sources")
    return users.mapInArrow(run, _SCHEMA).select("*", sources)


def _completed(batch: pa.RecordBatch, models: Mapping[str, Model]) -> pa.RecordBatch:
    """The shortlists of a batch of users with their `lists` and histories."""
    users = Histories.from_arrow(batch)
    items, ranks = _merged(batch["lists"], tuple(models))
    padded = items.padded(-1)
    scores = np.empty((*padded.shape, len(models)), np.float32)
    for column, model in enumerate(models.values()):
        scores[..., column] = model.score_items(users, padded)
    columns = {
        **{name: batch[name] for name in LIST_KEY},
        "is_warm": pa.array(users.lengths > 0),
        ITEMS: _nested(items, scores[padded >= 0], ranks),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _merged(lists: pa.ListArray, sources: tuple[str, ...]) -> tuple[Ragged, Ints]:
    """The union of each user's lists of {source, items}, int32 by item [U rows, P values], and the ranks, int32 [P, S]."""
    user_indptr, by_source = unnest(lists)
    list_indptr, entries = unnest(by_source.field(ITEMS))
    items = Ragged(list_indptr, entries.field("item_index").to_numpy().astype(np.int64))
    column = np.array([sources.index(name) for name in by_source.field("source").to_pylist()], np.int64)  # [E]
    user = Ragged(user_indptr, column).rows[items.rows]  # [V]
    width = items.values.max(initial=0) + 1
    pairs, pair = np.unique(user * width + items.values, return_inverse=True)
    ranks = np.zeros((len(pairs), len(sources)), np.int32)
    ranks[pair, column[items.rows]] = items.positions + 1
    indptr = np.searchsorted(pairs // width, np.arange(len(lists) + 1))
    return Ragged(indptr, (pairs % width).astype(np.int32)), ranks


def _nested(items: Ragged, scores: Floats, ranks: Ints) -> pa.ListArray:
    """The column `items` of shortlists_v2."""
    starts = np.arange(len(scores) + 1) * scores.shape[1]
    fields = {
        "item_index": pa.array(items.values),
        "scores": nest(starts, pa.array(scores.ravel())),
        "ranks": nest(starts, pa.array(ranks.ravel())),
    }
    return nest(items.indptr, pa.StructArray.from_arrays(list(fields.values()), names=list(fields)))
