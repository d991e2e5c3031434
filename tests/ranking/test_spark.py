"""Ranked lists, with their sources and reasons, worked out by hand; and the ranker, learned from Spark's frames."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from scipy import sparse

from tawny.core.arrays import Ragged
from tawny.core.columns import Fold
from tawny.core.errors import StaleInputError
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import Saveable, model_rows, model_version, to_files
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.ranking.features import ItemFacts
from tawny.ranking.ranker import Ranker, Segment
from tawny.ranking.settings import RankerSettings, RankSettings
from tawny.ranking.spark import ListMaker, learn_ranker, list_version, rank
from tawny.testing.frames import as_of, dicts_of, sequence_frame
from tawny.testing.worlds import histories

from .synthetic_scores import facts, reason_facts

SOURCES = ("popularity", "transitions")
NAN = float("nan")
_SHORTLISTS = "user_id string, is_warm boolean, items array<struct<item_index:int,scores:array<float>,ranks:array<int>>>"
_HOLDOUTS = "user_id string, item_indices array<int>, values array<float>"
FACTS: ItemFacts = facts(8)
WHY = reason_facts(8)


def _popularity() -> Popularity:
    return Popularity(np.array([4, 3, 2, 1], np.float32), PopularitySettings())


def _transitions() -> Transitions:
    """From item 0 to item 2 and, less, to item 3; from item 1 to item 3."""
    matrix = sparse.csr_array(np.array([[0, 0, 3, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]], np.float32))
    return Transitions(matrix, TransitionsSettings(position_power=0.0))


def _ranker() -> Ranker:
    """Popularity for new users, and a quarter of the blend for others."""
    weights = [(1.0, 0.0), *[(0.25, 0.75)] * 3]
    segments = [Segment(order="blend", transform="reciprocal_rank", weights=own) for own in weights]
    return Ranker(SOURCES, segments, None, RankerSettings(rank_offset=1.0))


def _maker(n_reasons: int) -> ListMaker:
    models = (to_files(_popularity()), to_files(_transitions())) if n_reasons else ()
    settings = RankSettings(n_reasons=n_reasons, min_share=0.0)
    return ListMaker(to_files(_ranker()), SOURCES, models, FACTS, WHY, k=2, settings=settings, version="v")


def _ranked(spark: SparkSession, n_reasons: int) -> list[dict[str, Any]]:
    """The lists of a new user, of one with a history, and of one whom no source lists anything."""
    rows = [
        ("u0", False, [(0, [4.0, NAN], [1, 0]), (1, [3.0, NAN], [2, 0])]),
        ("u1", True, [(2, [2.0, 3.0], [1, 1]), (3, [1.0, 2.0], [0, 2])]),
        ("u2", True, []),
    ]
    features = spark.createDataFrame([(f"u{n}", [1.0]) for n in range(3)], "user_id string, features array<float>")
    sequences = sequence_frame(spark, histories([[], [0, 1], [3]]))
    shortlists = as_of(spark.createDataFrame(rows, _SHORTLISTS))
    return dicts_of(rank(shortlists, sequences, features, _maker(n_reasons)).drop("as_of_ts"), "user_id")


def test_lists_are_ordered_cut_and_explained(spark: SparkSession) -> None:
    new, warm, without = _ranked(spark, n_reasons=3)

    # A new user: popularity alone, no past item.
    assert [item["item_index"] for item in new["items"]] == [0, 1]
    assert new["items"][0]["sources"] == ["popularity"]
    assert new["items"][0]["reasons"] == [{"source": "popularity", "item_index": None, "share": 1.0}]

    # Item 2 is first in both lists: 0.25 * 1 + 0.75 * 1. Item 3 is second in both: (1 + 1) / (1 + 2) of it.
    assert [(item["item_index"], item["score"]) for item in warm["items"]] == [
        (2, pytest.approx(1.0, abs=1e-4)),
        (3, pytest.approx(2 / 3, abs=1e-4)),
    ]
    assert warm["items"][0]["sources"] == ["transitions", "popularity"]
    # Popularity scores item 3 too, but does not list it.
    assert warm["items"][1]["sources"] == ["transitions"]
    # Item 3 follows items 0 and 1 alike: transitions' 0.75 is shared, popularity's 0.25 has no past item.
    why = [(reason["source"], reason["item_index"], round(reason["share"], 3)) for reason in warm["items"][1]["reasons"]]
    assert why == [("transitions", 0, 0.375), ("transitions", 1, 0.375), ("popularity", None, 0.25)]

    # Entries are views, one a day; a reason without a past item has neither event nor, here, a category.
    viewed = {"event_type": "view", "category": None}
    nothing = {"event_type": None, "event_date": None, "category": None}
    days = (date(2024, 2, 28), date(2024, 2, 29))
    assert warm["details"][1] == [*({**viewed, "event_date": day} for day in days), nothing]
    assert [len(own) for own in warm["details"]] == [len(item["reasons"]) for item in warm["items"]]
    empty: dict[str, Any] = {"items": [], "details": [], "before_policy": None, "model_version": "v"}
    assert without == {"user_id": "u2", **empty}


def test_without_reasons_the_lists_are_the_same(spark: SparkSession) -> None:
    explained, unexplained = _ranked(spark, n_reasons=1), _ranked(spark, n_reasons=0)
    for row in explained:
        for item in row["items"]:
            item["reasons"] = []
        row["details"] = None
    assert unexplained == explained


def test_a_list_has_so_many_items_of_a_kind_and_the_list_before_is_kept(spark: SparkSession) -> None:
    items = [(item, [float(9 - item), NAN], [item + 1, 0]) for item in range(4)]
    shortlists = as_of(spark.createDataFrame([("u0", False, items)], _SHORTLISTS))
    sequences = sequence_frame(spark, histories([[]]))
    features = spark.createDataFrame([("u0", [1.0])], "user_id string, features array<float>")
    kinds = replace(FACTS, categories=Ragged.from_rows([[0], [0], [0], [1], [], [], [], []]))
    maker = replace(_maker(0), facts=kinds, settings=RankSettings(n_reasons=0, max_per_category=1))
    (row,) = dicts_of(rank(shortlists, sequences, features, maker), "user_id")
    assert [item["item_index"] for item in row["items"]] == [0, 3]
    assert row["before_policy"] == [0, 1]


def _rows(model: str, fold: Fold, saved: Saveable) -> pa.Table:
    rows = model_rows({fold: saved})
    return rows.append_column("model", pa.array([model] * rows.num_rows))


def test_the_models_are_those_of_the_fold_and_the_ranker_is_that_of_validation() -> None:
    own, other = _popularity(), Popularity(np.ones(4, np.float32), PopularitySettings())
    saved = pa.concat_tables(
        [
            _rows("popularity", "validation", other),
            _rows("popularity", "serve", own),
            _rows("transitions", "serve", _transitions()),
            _rows("ranker", "validation", _ranker()),
        ]
    )
    maker = ListMaker.from_saved(saved, FACTS, WHY, "serve", 5, RankSettings())
    assert maker.models == (to_files(own), to_files(_transitions()))
    assert (maker.ranker, maker.sources) == (to_files(_ranker()), SOURCES)
    versions = {"popularity": model_version(to_files(own)), "transitions": model_version(to_files(_transitions()))}
    assert maker.version == list_version(versions, model_version(to_files(_ranker())), SOURCES)
    assert ListMaker.from_saved(saved, FACTS, WHY, "serve", 5, RankSettings(n_reasons=0)).models == ()
    with pytest.raises(StaleInputError, match="the model ranker must have been trained on fold validation"):
        ListMaker.from_saved(saved.slice(0, 1), FACTS, WHY, "serve", 5, RankSettings())


def _learned(spark: SparkSession, settings: RankerSettings, n_users: int = 120) -> Ranker:
    """From users whose answer, item 5, source `good` puts first and source `bad` last; half of them have a history."""
    items = [(n, [float(n), float(-n)], [6 - n, n + 1]) for n in range(6)]
    rows = [(f"u{n}", n % 2 == 0, items) for n in range(n_users)]
    sequences = sequence_frame(spark, histories([[7] * (1 - n % 2) for n in range(n_users)]))
    holdouts = as_of(spark.createDataFrame([(f"u{n}", [5], [1.0]) for n in range(n_users)], _HOLDOUTS))
    shortlists = as_of(spark.createDataFrame(rows, _SHORTLISTS))
    return learn_ranker(shortlists, sequences, holdouts, FACTS, ("good", "bad"), settings, seed=0)


def test_the_source_that_finds_the_answers_is_the_list(spark: SparkSession) -> None:
    new, one_entry, few_entries, many_entries = _learned(spark, RankerSettings(k=3, min_users=20)).segments
    for segment in (new, one_entry):
        assert (segment.order, segment.weights) == ("source", (1.0, 0.0))
    # Half of the users, give or take four standard deviations: the others have tuned the sources.
    assert 60 - 22 <= new.n_rows + one_entry.n_rows <= 60 + 22
    assert few_entries == many_entries == one_entry


def test_of_many_validation_users_a_sample_is_learned_from(spark: SparkSession) -> None:
    assert _learned(spark, RankerSettings(max_rows=9)).segments[1].n_rows == 9


def test_without_validation_users_popularity_makes_the_lists(spark: SparkSession) -> None:
    shortlists = as_of(spark.createDataFrame([("u0", True, [(1, [1.0, 2.0], [1, 1])])], _SHORTLISTS))
    holdouts = as_of(spark.createDataFrame([("other", [1], [1.0])], _HOLDOUTS))
    sequences = sequence_frame(spark, histories([[2]]))
    ranker = learn_ranker(shortlists, sequences, holdouts, FACTS, ("als", "popularity"), RankerSettings(), seed=0)
    assert all(segment.weights == (0, 1) for segment in ranker.segments)
