"""Blended lists, with their sources and reasons, worked out by hand; and the blend, learned from Spark's frames."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from scipy import sparse

from tawny.core.columns import Fold
from tawny.core.errors import StaleInputError
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import Saveable, model_rows, model_version, to_files
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.ranking.blend import Blend, Segment
from tawny.ranking.settings import BlendSettings, RankSettings
from tawny.ranking.spark import Ranker, Shortlists, learn_blend, list_version, rank
from tawny.testing.frames import as_of, dicts_of, sequence_frame
from tawny.testing.worlds import histories

SOURCES = ("popularity", "transitions")
NAN = float("nan")
_SHORTLISTS = "user_id string, is_warm boolean, items array<struct<item_index:int,scores:array<float>>>"
_HOLDOUTS = "user_id string, item_indices array<int>"


def _popularity() -> Popularity:
    return Popularity(np.array([4, 3, 2, 1], np.float32), PopularitySettings())


def _transitions() -> Transitions:
    """From item 0 to item 2 and, less, to item 3; from item 1 to item 3."""
    matrix = sparse.csr_array(np.array([[0, 0, 3, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]], np.float32))
    return Transitions(matrix, TransitionsSettings(position_power=0.0))


def _blend() -> Blend:
    segments = [Segment(transform="reciprocal_rank", weights=weights) for weights in ((0.25, 0.75), (1.0, 0.0))]
    return Blend(SOURCES, segments[0], segments[1], BlendSettings(rank_offset=1.0))


def _ranked(spark: SparkSession, n_reasons: int) -> list[dict[str, Any]]:
    """The lists of a new user, of one with a history, and of one whom no source lists anything."""
    files = (to_files(_popularity()), to_files(_transitions()))
    settings = RankSettings(n_reasons=n_reasons, min_share=0.0)
    ranker = Ranker(_blend(), files if n_reasons else (), k=2, settings=settings, version="v")
    rows = [
        ("u0", False, [(0, [4.0, NAN]), (1, [3.0, NAN])]),
        ("u1", True, [(2, [2.0, 3.0]), (3, [1.0, 2.0])]),
        ("u2", True, []),
    ]
    features = spark.createDataFrame([(f"u{n}", [1.0]) for n in range(3)], "user_id string, features array<float>")
    sequences = sequence_frame(spark, histories([[], [0, 1], [3]]))
    shortlists = as_of(spark.createDataFrame(rows, _SHORTLISTS))
    return dicts_of(rank(shortlists, sequences, features, ranker).drop("as_of_ts"), "user_id")


def test_lists_are_blended_cut_and_explained(spark: SparkSession) -> None:
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
    # Item 3 follows items 0 and 1 alike: transitions' 0.75 is shared, popularity's 0.25 has no past item.
    why = [(reason["source"], reason["item_index"], round(reason["share"], 3)) for reason in warm["items"][1]["reasons"]]
    assert why == [("transitions", 0, 0.375), ("transitions", 1, 0.375), ("popularity", None, 0.25)]

    assert without == {"user_id": "u2", "items": [], "model_version": "v"}


def test_without_reasons_the_lists_are_the_same(spark: SparkSession) -> None:
    explained, unexplained = _ranked(spark, n_reasons=1), _ranked(spark, n_reasons=0)
    for row in explained:
        for item in row["items"]:
            item["reasons"] = []
    assert unexplained == explained


def test_shortlists_of_different_length_are_padded() -> None:
    kind = pa.list_(pa.struct({"item_index": pa.int32(), "scores": pa.list_(pa.float32())}))
    column = pa.array([[{"item_index": 7, "scores": [1.0]}], [], [{"item_index": 1, "scores": [2.0]}] * 2], kind)
    found = Shortlists.from_arrow(column.slice(1), 1)
    assert found.items.tolist() == [[-1, -1], [1, 1]]
    np.testing.assert_array_equal(found.scores[..., 0], [[NAN, NAN], [2.0, 2.0]])


def _rows(model: str, fold: Fold, saved: Saveable) -> pa.Table:
    rows = model_rows({fold: saved})
    return rows.append_column("model", pa.array([model] * rows.num_rows))


def test_a_ranker_takes_the_models_of_its_fold_and_the_blend_learned_on_validation() -> None:
    own, other = _popularity(), Popularity(np.ones(4, np.float32), PopularitySettings())
    saved = pa.concat_tables(
        [
            _rows("popularity", "validation", other),
            _rows("popularity", "serve", own),
            _rows("transitions", "serve", _transitions()),
            _rows("blend", "validation", _blend()),
        ]
    )
    ranker = Ranker.from_saved(saved, "serve", 5, RankSettings())
    assert ranker.models == (to_files(own), to_files(_transitions()))
    assert ranker.blend.config() == _blend().config()
    versions = {"popularity": model_version(to_files(own)), "transitions": model_version(to_files(_transitions()))}
    assert ranker.version == list_version(versions, model_version(to_files(_blend())), SOURCES)
    assert Ranker.from_saved(saved, "serve", 5, RankSettings(n_reasons=0)).models == ()
    with pytest.raises(StaleInputError, match="the model blend must have been trained on fold validation"):
        Ranker.from_saved(saved.slice(0, 1), "serve", 5, RankSettings())


def test_the_source_that_finds_the_answers_gets_the_weight(spark: SparkSession) -> None:
    # `good` puts the answer (item 5) first, `bad` last.
    items = [(n, [float(n), float(-n)]) for n in range(6)]
    shortlists = as_of(spark.createDataFrame([(f"u{n}", True, items) for n in range(40)], _SHORTLISTS))
    holdouts = as_of(spark.createDataFrame([(f"u{n}", [5]) for n in range(40)], _HOLDOUTS))
    blend = learn_blend(shortlists, holdouts, ("good", "bad"), BlendSettings(k=3), seed=0)
    assert blend.warm.weights[0] > 0.8
    assert blend.warm.n_users == 40
    assert blend.cold.n_users == 0


def test_of_many_validation_users_a_sample_is_learned_from(spark: SparkSession) -> None:
    users = [(f"u{n}", True, [(0, [1.0]), (1, [2.0])]) for n in range(40)]
    shortlists = as_of(spark.createDataFrame(users, _SHORTLISTS))
    holdouts = as_of(spark.createDataFrame([(f"u{n}", [1]) for n in range(40)], _HOLDOUTS))
    assert learn_blend(shortlists, holdouts, ("one",), BlendSettings(max_users=9), seed=0).warm.n_users == 9


def test_without_validation_users_popularity_makes_the_lists(spark: SparkSession) -> None:
    shortlists = as_of(spark.createDataFrame([("a", True, [(1, [1.0, 2.0])])], _SHORTLISTS))
    holdouts = as_of(spark.createDataFrame([("b", [1])], _HOLDOUTS))
    blend = learn_blend(shortlists, holdouts, ("als", "popularity"), BlendSettings(), seed=0)
    assert blend.warm.weights == blend.cold.weights == (0, 1)
    assert blend.warm.n_users == blend.cold.n_users == 0


def test_a_batch_without_a_candidate_has_empty_lists(spark: SparkSession) -> None:
    nothing = as_of(spark.createDataFrame([("a", False, [])], _SHORTLISTS))
    padded = Shortlists.from_arrow(nothing.toArrow()["items"], 2)
    assert (padded.items.tolist(), padded.scores.shape) == ([[-1]], (1, 1, 2))
