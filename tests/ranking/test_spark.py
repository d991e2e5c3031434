"""Blended lists, with their sources and reasons, worked out by hand."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from scipy import sparse

from tawny.models.blend import Blend, BlendConfig, Segment
from tawny.models.files import to_files
from tawny.models.popularity import Popularity, PopularityConfig
from tawny.models.transitions import Transitions, TransitionsConfig
from tawny.ranking.matrix import padded
from tawny.ranking.rank import Recipe, rank
from tawny.ranking.reasons import reasons
from tawny.testing.lists import mappings_of
from tawny.testing.worlds import histories

SOURCES = ("popularity", "transitions")


def _popularity() -> Popularity:
    return Popularity(np.array([4, 3, 2, 1], np.float32), PopularityConfig())


def _transitions() -> Transitions:
    """From item 0 to item 2 and, less, to item 3; from item 1 to item 3."""
    matrix = sparse.csr_array(np.array([[0, 0, 3, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]], np.float32))
    return Transitions(matrix, TransitionsConfig(position_power=0.0))


def _recipe(n_reasons: int) -> Recipe:
    segments = [Segment(transform="reciprocal_rank", weights=weights) for weights in ((0.25, 0.75), (1.0, 0.0))]
    blend = Blend(SOURCES, segments[0], segments[1], BlendConfig(rank_offset=1.0))
    return Recipe(blend, (to_files(_popularity()), to_files(_transitions())), k=2, n_reasons=n_reasons)


_SCHEMA = (
    "user_id string, is_warm boolean, shortlist array<struct<item_index:int,scores:array<float>>>,"
    "item_indices array<int>, weights array<float>, ages_days array<float>"
)


def _users(spark: SparkSession) -> object:
    nan = float("nan")
    rows = [
        ("new", False, [(0, [4.0, nan]), (1, [3.0, nan])], [], [], []),
        ("warm", True, [(2, [2.0, 3.0]), (3, [1.0, 2.0])], [0, 1], [1.0, 1.0], [2.0, 1.0]),
        ("without", True, [], [3], [1.0], [1.0]),
    ]
    return spark.createDataFrame(rows, _SCHEMA)


def test_lists_are_blended_cut_and_explained(spark: SparkSession) -> None:
    new, warm, without = mappings_of(rank(_users(spark), _recipe(n_reasons=3)), "user_id")  # type: ignore[arg-type]

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

    assert without["items"] == []


def test_without_reasons_the_lists_are_the_same(spark: SparkSession) -> None:
    explained = mappings_of(rank(_users(spark), _recipe(n_reasons=1)), "user_id")  # type: ignore[arg-type]
    bare = mappings_of(rank(_users(spark), _recipe(n_reasons=0)), "user_id")  # type: ignore[arg-type]
    for row in [*explained, *bare]:
        for item in row["items"]:
            item["reasons"] = []
    assert bare == explained


def test_a_past_item_that_does_not_contribute_is_no_reason() -> None:
    users = histories([[0, 1]])
    strengths = np.array([[[0.0, 1.0]]], np.float32)
    found = reasons(users, np.array([[2]], np.int32), strengths, {0: _popularity(), 1: _transitions()}, n=3)
    assert found.item.tolist() == [[[0, -1, -1]]]
    assert found.source.tolist() == [[[1, -1, -1]]]
    assert found.share.tolist() == [[[1.0, 0.0, 0.0]]]


def test_shortlists_of_different_length_are_padded() -> None:
    import pyarrow as pa

    kind = pa.list_(pa.struct({"item_index": pa.int32(), "scores": pa.list_(pa.float32())}))
    column = pa.array([[{"item_index": 7, "scores": [1.0]}], [], [{"item_index": 1, "scores": [2.0]}] * 2], kind)
    found = padded(column.slice(1), 1)
    assert found.items.tolist() == [[-1, -1], [1, 1]]
    np.testing.assert_array_equal(found.scores[..., 0], [[np.nan, np.nan], [2.0, 2.0]])


def test_a_weak_reason_is_left_out_but_never_the_strongest() -> None:
    strengths = np.array([[[0.98, 0.02]]], np.float32)
    models = {0: _popularity(), 1: _transitions()}
    found = reasons(histories([[0]]), np.array([[2]], np.int32), strengths, models, n=3, min_share=0.05)
    assert found.source.tolist() == [[[0, -1, -1]]]
    alone = reasons(histories([[0]]), np.array([[2]], np.int32), strengths, models, n=3, min_share=0.99)
    assert alone.source.tolist() == [[[0, -1, -1]]]


def test_the_items_of_a_long_history_are_weighed_together() -> None:
    """Ten past items with 5 % each are half of what speaks for the item, and are told."""
    matrix = sparse.csr_array((np.ones(10, np.float32), (np.arange(10), np.full(10, 10))), shape=(11, 11))
    models = {0: _popularity(), 1: Transitions(matrix, TransitionsConfig(position_power=0.0))}
    strengths = np.array([[[0.5, 0.5]]], np.float32)
    found = reasons(histories([list(range(10))]), np.array([[10]], np.int32), strengths, models, n=3, min_share=0.1)
    assert found.source.tolist() == [[[0, 1, 1]]]
    assert found.item.tolist() == [[[-1, 0, 1]]]
    np.testing.assert_allclose(found.share, [[[0.5, 0.05, 0.05]]], rtol=1e-6)
