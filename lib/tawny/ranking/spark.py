"""From shortlists to lists on Spark: learns the ranker, cuts the lists to length, explains them, and judges the reasons.

Shapes: U rows of a batch (a user and a morning), K list, S sources, R reasons.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Bools, Floats, Histories, Ints, Ragged, nest, small_batches, top_k
from tawny.core.columns import (
    AS_OF_TS,
    EVENT_TYPES,
    FEATURES,
    HISTORY,
    ITEM_INDICES,
    ITEMS,
    LIST_KEY,
    USER_ID,
    VALUES,
    Fold,
)
from tawny.evaluation.spark import is_in_half
from tawny.evaluation.spec import EvaluationSpec
from tawny.lake.spark import gather, sample_users
from tawny.models.base import Model
from tawny.models.loaded import loaded
from tawny.models.store import load, load_model, model_version, saved_files, versions
from tawny.ranking.agreement import FEWEST_ENTRIES, agreement, agreement_row
from tawny.ranking.examples import Examples
from tawny.ranking.features import ItemFacts
from tawny.ranking.policy import best_of_each_kind, kinds_of
from tawny.ranking.ranker import Ranker
from tawny.ranking.reasons import ReasonFacts, Reasons, reasons
from tawny.ranking.settings import RankerSettings, RankSettings
from tawny.ranking.shortlists import Shortlists

_REASON = "struct<source:string,item_index:int,share:float>"
_ITEM = f"struct<item_index:int,score:float,sources:array<string>,reasons:array<{_REASON}>>"
_DETAIL = "struct<event_type:string,event_date:date,category:string>"
_SCHEMA = (
    f"user_id string, as_of_ts timestamp, items array<{_ITEM}>, details array<array<{_DETAIL}>>, before_policy array<int>"
)

_DETAIL_TYPE = pa.struct({"event_type": pa.string(), "event_date": pa.date32(), "category": pa.string()})
_MICROS_PER_DAY = 86_400_000_000


@dataclass(frozen=True)
class ListMaker:
    """All that is needed to make lists.

    Attributes:
        ranker: the files of the learned ranker.
        sources: in the ranker's order.
        models: the files of every source's model; empty where the lists get no reasons.
        facts: of the items, as of the fold.
        reason_facts: what reasons must know to be believed.
        k: length of the lists.
        settings: how many reasons, and which; the list policy.
        version: model_version of the lists.
    """

    ranker: dict[str, bytes]
    sources: tuple[str, ...]
    models: tuple[dict[str, bytes], ...]
    facts: ItemFacts
    reason_facts: ReasonFacts
    k: int
    settings: RankSettings
    version: str

    @classmethod
    def from_saved(
        cls, saved: pa.Table, facts: ItemFacts, reason_facts: ReasonFacts, fold: Fold, k: int, settings: RankSettings
    ) -> Self:
        """From rows of models_v1: the sources' models of that fold, and the ranker learned on `validation`.

        Raises:
            StaleInputError: one of them was not trained.
        """
        ranker = saved_files(saved, Ranker.name, "validation")
        sources = load(Ranker, ranker).sources
        version = list_version(versions(saved, fold), versions(saved, "validation")[Ranker.name], sources)
        models = tuple(saved_files(saved, source, fold) for source in sources) if settings.n_reasons else ()
        return cls(ranker, sources, models, facts, reason_facts, k, settings, version)


def rank(shortlists: DataFrame, sequences: DataFrame, features: DataFrame, maker: ListMaker) -> DataFrame:
    """The columns of rankings_v2 without run_date and fold: the list, best first, with its sources and reasons.

    Args:
        shortlists, sequences, features: rows of shortlists_v2, sequences_v2 and user_features_v2 of one fold.
        maker: the ranker, the models and the settings.
    """
    shared = shortlists.sparkSession.sparkContext.broadcast(maker)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        local: ListMaker = shared.value
        ranker = load(Ranker, local.ranker)
        models = [loaded(model_version(files), files) for files in local.models]
        for batch in small_batches(batches):
            yield _ranked(batch, local, ranker, models)

    joined = _with_histories(shortlists, sequences).join(features.select(USER_ID, FEATURES), USER_ID, "left")
    return joined.mapInArrow(run, _SCHEMA).withColumn("model_version", F.lit(maker.version))


def list_version(models: Mapping[str, str], ranker: str, sources: Sequence[str]) -> str:
    """12 hex digits: a hash of the model_versions of the ranker and of every source, which models_v1 has.

    >>> list_version({"als": "a1", "popularity": "b2"}, "c3", ["popularity", "als"])
    '3ecebbb4294b'
    """
    text = "/".join([f"ranker={ranker}", *(f"{source}={models[source]}" for source in sources)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def learn_ranker(
    shortlists: DataFrame,
    sequences: DataFrame,
    holdouts: DataFrame,
    facts: ItemFacts,
    sources: tuple[str, ...],
    settings: RankerSettings,
    seed: int,
) -> Ranker:
    """The ranker that is best on a sample of the validation users; popularity alone where there are none (a young shop).

    Args:
        shortlists, sequences, holdouts: rows of the validation fold.
        facts: of the items, as of that fold.
        sources: S names, the order of the shortlists' scores.
        settings: its max_rows bounds the sample of users with, and of users without, a history.
        seed: of the sample, and of the trees.
    """
    answers = holdouts.select(*LIST_KEY, F.col(ITEM_INDICES).alias("answers"), VALUES)
    # The other half of the users has found the settings of the sources, which are too good on it.
    joined = _with_histories(shortlists, sequences).join(answers, LIST_KEY).where(is_in_half(1))
    keyed = joined.withColumn("key", F.xxhash64(F.col(USER_ID)))
    samples = []
    for kind in ("is_warm", "NOT is_warm"):
        rows = sample_users(keyed.where(kind), settings.max_rows, seed).select("key", ITEMS, *HISTORY, "answers", VALUES)
        samples.append(gather(rows, settings.max_rows, "validation rows of the ranker"))
    return Ranker.learn(sources, _examples(pa.concat_tables(samples), len(sources)), facts, settings, seed)


def reason_agreement(
    rankings: DataFrame,
    sequences: DataFrame,
    features: DataFrame,
    models: Mapping[str, Mapping[str, bytes]],
    spec: EvaluationSpec,
    run_date: date,
    *,
    k: int,
    n_lists: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of evaluations_v2: how well the reasons of every source hold, on a sample of final lists.

    A source that gives no reasons has no row; without a list of a user with enough history there is none at all.

    Args:
        rankings, sequences, features: rows of rankings_v2, sequences_v2 and user_features_v2 of the test fold.
        models: the files of that fold's models, by source.
        spec: of the bootstrap.
        run_date: of the lists.
        k: of each list, so many items.
        n_lists: of users with enough history, at most; one process measures them.
        seed: of the sample.
    """
    long = sequences.where(F.size(ITEM_INDICES) >= FEWEST_ENTRIES).select(*LIST_KEY, *HISTORY)
    lists = rankings.select(*LIST_KEY, F.slice(f"{ITEMS}.item_index", 1, k).alias("listed")).join(long, LIST_KEY)
    sample = sample_users(lists, n_lists, seed).withColumn("key", F.xxhash64(F.col(USER_ID)))
    described = sample.join(features.select(USER_ID, FEATURES), USER_ID, "left").sort("key", *LIST_KEY)
    rows = gather(described.drop(*LIST_KEY), n_lists, "explained lists")
    if not rows.num_rows:
        return []
    users, listed = Histories.from_arrow(rows), Ragged.from_arrow(rows["listed"]).padded(-1)
    keys = rows["key"].to_numpy().view(np.uint64)
    found = []
    for source, files in models.items():
        model = load_model(files)
        if model.reasons != "none":
            row = agreement_row(agreement(model, users, listed), keys, k, spec)
            of = {"kind": "backtest", "list_date": run_date, "subject": source, "versus": ""}
            found.append({**of, **asdict(row)})
    return found


def _with_histories(shortlists: DataFrame, sequences: DataFrame) -> DataFrame:
    return shortlists.select(*LIST_KEY, "is_warm", ITEMS).join(sequences.select(*LIST_KEY, *HISTORY), LIST_KEY)


def _examples(rows: pa.Table, n_sources: int) -> Examples:
    """From the columns key, items, answers, values and those of a history."""
    whole = rows.combine_chunks()
    answers = Ragged.from_arrow(whole["answers"])
    values = Ragged.from_arrow(whole[VALUES], np.float32).values
    keys = whole["key"].to_numpy().view(np.uint64)
    return Examples(Shortlists.from_arrow(whole[ITEMS], n_sources), Histories.from_arrow(whole), answers, values, keys)


def _ranked(batch: pa.RecordBatch, maker: ListMaker, ranker: Ranker, models: Sequence[Model]) -> pa.RecordBatch:
    shortlists, users = Shortlists.from_arrow(batch[ITEMS], len(maker.sources)), Histories.from_arrow(batch)
    settings, scored = maker.settings, ranker.score(shortlists, users, maker.facts)
    columns, scores = top_k(scored, maker.k)
    unruled = pa.nulls(batch.num_rows, pa.list_(pa.int32()))
    if settings.max_per_category is not None:
        before = _items_at(shortlists, columns)
        unruled = _as_lists(Ragged.from_padded(before, before >= 0))
        kinds = kinds_of(maker.facts.categories)
        columns, scores = best_of_each_kind(scored, shortlists.items, kinds, maker.k, settings.max_per_category)
    items = _items_at(shortlists, columns)
    strengths = ranker.strengths(shortlists, users, maker.facts, columns).astype(np.float32)
    is_own = np.take_along_axis(shortlists.ranks, np.maximum(columns, 0)[..., None], axis=1) > 0
    why = Reasons.none(*items.shape)
    if models:
        why = reasons(users, items, strengths, models, maker.reason_facts, settings.n_reasons, settings.min_share)
    lists = _lists(items, scores, np.where(is_own, strengths, -1), why, maker.sources)
    details = pa.nulls(batch.num_rows, pa.list_(pa.list_(_DETAIL_TYPE)))
    if models:
        details = _details(items, why, users, batch[AS_OF_TS], maker.reason_facts)
    made = {ITEMS: lists, "details": details, "before_policy": unruled}
    return pa.RecordBatch.from_arrays([*(batch[name] for name in LIST_KEY), *made.values()], names=[*LIST_KEY, *made])


def _items_at(shortlists: Shortlists, columns: Ints) -> Ints:
    """int32 [U, K]: the items at these columns, -1 for -1."""
    return np.where(columns >= 0, np.take_along_axis(shortlists.items, np.maximum(columns, 0), axis=1), -1).astype(np.int32)


def _as_lists(rows: Ragged) -> pa.ListArray:
    return nest(rows.indptr, pa.array(rows.values, pa.int32()))


def _lists(items: Ints, scores: Floats, strengths: Floats, why: Reasons, sources: tuple[str, ...]) -> pa.ListArray:
    """The column `items` of rankings_v2, from [U, K], [U, K, S] and [U, K, R]; strength -1: not in the source's list."""
    is_listed = items >= 0
    listed = Ragged.from_padded(items, is_listed)
    names = pa.array(sources, pa.string())
    order = np.argsort(-strengths[is_listed], axis=1, kind="stable")
    is_source = np.take_along_axis(strengths[is_listed], order, axis=1) >= 0
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


def _details(items: Ints, why: Reasons, users: Histories, as_of: pa.Array, facts: ReasonFacts) -> pa.ListArray:
    """The column `details` of rankings_v2: one list per list, of one list per item."""
    is_listed = items >= 0
    is_reason = (why.source >= 0) & is_listed[..., None]
    owner, entry, category = np.nonzero(is_reason)[0], why.event[is_reason], why.category[is_reason]
    # An entry is -1 where no past item is named: the value at the end, which is masked.
    ages = np.append(users.ages_days, np.float32(0))[entry].astype(np.float64)
    instants = as_of.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)[owner]
    days = (instants - np.round(ages * _MICROS_PER_DAY).astype("timedelta64[us]")).astype("datetime64[D]")
    types = np.append(np.zeros(len(users.items), np.int8) if users.types is None else users.types, np.int8(0))[entry]
    columns = {
        "event_type": pa.array(EVENT_TYPES).take(pa.array(types, mask=(entry < 0) | (users.types is None))),
        "event_date": pa.array(days, pa.date32(), mask=entry < 0),
        "category": pa.array(facts.category_names, pa.string()).take(pa.array(category, mask=category < 0)),
    }
    reasons_of = Ragged.from_padded(why.source[is_listed], is_reason[is_listed])
    by_item = nest(reasons_of.indptr, pa.StructArray.from_arrays(list(columns.values()), names=list(columns)))
    return nest(Ragged.from_padded(items, is_listed).indptr, by_item)
