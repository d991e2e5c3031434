"""From shortlists to lists on Spark: learns the blend, cuts the lists to length and explains them.

Shapes: U users of a batch, M longest shortlist, S sources, K list, R reasons.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Bools, Floats, Histories, Ints, Ragged, nest, small_batches, top_k, unnest
from tawny.core.columns import LIST_KEY, Fold
from tawny.lake.spark import gather, sample_users
from tawny.models.base import Model
from tawny.models.store import load, load_model, saved_files, versions
from tawny.ranking.blend import Blend, blended
from tawny.ranking.reasons import Reasons, reasons
from tawny.ranking.settings import BlendSettings, RankSettings

_REASON = "struct<source:string,item_index:int,share:float>"
_ITEM = f"struct<item_index:int,score:float,sources:array<string>,reasons:array<{_REASON}>>"
_SCHEMA = f"user_id string, as_of_ts timestamp, items array<{_ITEM}>"


@dataclass(frozen=True)
class Ranker:
    """All that is needed to make lists.

    Attributes:
        blend: the learned blend.
        models: the files of every source's model, in the blend's order; empty where the lists get no reasons.
        k: length of the lists.
        settings: how many reasons, and which.
        version: model_version of the lists.
    """

    blend: Blend
    models: tuple[dict[str, bytes], ...]
    k: int
    settings: RankSettings
    version: str

    @classmethod
    def from_saved(cls, saved: pa.Table, fold: Fold, k: int, settings: RankSettings) -> Self:
        """From rows of models_v1: the sources' models of that fold, and the blend learned on `validation`.

        Raises:
            StaleInputError: one of them was not trained.
        """
        blend = load(Blend, saved_files(saved, Blend.name, "validation"))
        version = list_version(versions(saved, fold), versions(saved, "validation")[Blend.name], blend.sources)
        models = tuple(saved_files(saved, source, fold) for source in blend.sources) if settings.n_reasons else ()
        return cls(blend, models, k, settings, version)


def rank(shortlists: DataFrame, sequences: DataFrame, features: DataFrame, ranker: Ranker) -> DataFrame:
    """user_id, as_of_ts, items, model_version: the blended list, best first, with its sources and reasons.

    Args:
        shortlists, sequences, features: rows of shortlists_v2, sequences_v2 and user_features_v2 of one fold.
        ranker: the blend, the models and the settings.
    """
    shared = shortlists.sparkSession.sparkContext.broadcast(ranker)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        local: Ranker = shared.value
        models = [load_model(files) for files in local.models]
        for batch in small_batches(batches):
            yield _ranked(batch, local, models)

    users = shortlists.select(*LIST_KEY, "is_warm", F.col("items").alias("shortlist"))
    histories = sequences.select(*LIST_KEY, "item_indices", "weights", "ages_days")
    joined = users.join(histories, LIST_KEY).join(features.select("user_id", "features"), "user_id", "left")
    return joined.mapInArrow(run, _SCHEMA).withColumn("model_version", F.lit(ranker.version))


def list_version(models: Mapping[str, str], blend: str, sources: Sequence[str]) -> str:
    """12 hex digits: a hash of the model_versions of the blend and of every source, which models_v1 has.

    >>> list_version({"als": "a1", "popularity": "b2"}, "c3", ["popularity", "als"])
    '8bfaa8404319'
    """
    text = "/".join([f"blend={blend}", *(f"{source}={models[source]}" for source in sources)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def learn_blend(
    shortlists: DataFrame, holdouts: DataFrame, sources: tuple[str, ...], settings: BlendSettings, seed: int
) -> Blend:
    """The blend that is best on a sample of the validation users; popularity alone where there are none (a young shop).

    Args:
        shortlists, holdouts: rows of the validation fold.
        sources: S names, the order of the shortlists' scores.
        settings: its max_users bounds the sample of users with, and of users without, a history.
        seed: of the sample.
    """
    with_answers = shortlists.join(holdouts.select(*LIST_KEY, F.col("item_indices").alias("answers")), LIST_KEY)
    samples = []
    for kind in ("is_warm", "NOT is_warm"):
        users = sample_users(with_answers.where(kind), settings.max_users, seed).select("is_warm", "items", "answers")
        samples.append(gather(users, settings.max_users, "validation users of the blend"))
    rows = pa.concat_tables(samples).combine_chunks()
    return _learned(rows, sources, settings)


@dataclass(frozen=True)
class Shortlists:
    """The shortlists of U users, padded.

    Attributes:
        items: int32 [U, M], ascending; -1 pads.
        scores: float32 [U, M, S]; NaN where a source does not list the item, and in the padding.
    """

    items: Ints
    scores: Floats

    @classmethod
    def from_arrow(cls, column: pa.ListArray | pa.ChunkedArray, n_sources: int) -> Self:
        """From array<struct<item_index, scores>>."""
        indptr, entries = unnest(column)
        items = entries.field("item_index").to_numpy()
        scores = entries.field("scores").flatten().to_numpy(zero_copy_only=False).reshape(-1, n_sources)
        width = max(1, int(np.diff(indptr).max(initial=0)))  # also where no user of the batch has a candidate
        return cls(Ragged(indptr, items).padded(-1, width), Ragged(indptr, scores).padded(np.nan, width))


def _learned(rows: pa.Table, sources: tuple[str, ...], settings: BlendSettings) -> Blend:
    shortlists = Shortlists.from_arrow(rows["items"], len(sources))
    answers = Ragged.from_arrow(rows["answers"], np.int64)
    width = max(int(answers.values.max(initial=0)), int(shortlists.items.max(initial=0))) + 1
    listed = np.arange(rows.num_rows)[:, None] * width + shortlists.items
    is_relevant = np.isin(listed, answers.rows * width + answers.values) & (shortlists.items >= 0)
    is_warm = rows["is_warm"].to_numpy().astype(np.bool_)
    return Blend.learn(sources, shortlists.scores, is_relevant, answers.lengths, is_warm, settings)


def _ranked(batch: pa.RecordBatch, ranker: Ranker, models: Sequence[Model]) -> pa.RecordBatch:
    blend, settings = ranker.blend, ranker.settings
    shortlists = Shortlists.from_arrow(batch["shortlist"], len(blend.sources))
    strengths = blend.strengths(shortlists.scores, batch["is_warm"].to_numpy(zero_copy_only=False))
    columns, scores = top_k(blended(strengths, shortlists.scores), ranker.k)
    listed = np.maximum(columns, 0)
    items = np.where(columns >= 0, np.take_along_axis(shortlists.items, listed, axis=1), -1).astype(np.int32)
    of_listed = np.take_along_axis(strengths, listed[..., None], axis=1).astype(np.float32)
    why = Reasons.none(*items.shape)
    if models:
        why = reasons(Histories.from_arrow(batch), items, of_listed, models, settings.n_reasons, settings.min_share)
    lists = _lists(items, scores, of_listed, why, blend.sources)
    return pa.RecordBatch.from_arrays([*(batch[name] for name in LIST_KEY), lists], names=[*LIST_KEY, "items"])


def _lists(items: Ints, scores: Floats, strengths: Floats, why: Reasons, sources: tuple[str, ...]) -> pa.ListArray:
    """The column `items` of rankings_v2, from arrays [U, K], [U, K, S] and [U, K, R]."""
    is_listed = items >= 0
    listed = Ragged.from_padded(items, is_listed)
    names = pa.array(sources, pa.string())
    order = np.argsort(-strengths[is_listed], axis=1, kind="stable")
    is_source = np.take_along_axis(strengths[is_listed], order, axis=1) > 0
    by_strength = Ragged.from_padded(order, is_source)
    columns = {
        "item_index": pa.array(listed.values, pa.int32()),
        "score": pa.array(scores[is_listed], pa.float32()),
        "sources": nest(by_strength.indptr, names.take(pa.array(by_strength.values))),
        "reasons": _reason_lists(why, is_listed, names),
    }
    return nest(listed.indptr, pa.StructArray.from_arrays(list(columns.values()), names=list(columns)))


def _reason_lists(why: Reasons, is_listed: Bools, names: pa.StringArray) -> pa.ListArray:
    """One list per listed item."""
    is_reason = why.source[is_listed] >= 0
    source = Ragged.from_padded(why.source[is_listed], is_reason)
    item = why.item[is_listed][is_reason]
    # The last digits depend on which users share the batch, and so on how files are cut: the same list would be another one.
    share = np.round(why.share[is_listed][is_reason], 4)
    columns = {
        "source": names.take(pa.array(source.values)),
        "item_index": pa.array(item, pa.int32(), mask=item < 0),
        "share": pa.array(share, pa.float32()),
    }
    return nest(source.indptr, pa.StructArray.from_arrays(list(columns.values()), names=list(columns)))
