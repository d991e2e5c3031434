"""Shortlists are the union of all sources, every item with every source's score and its rank in the lists that have it."""

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from scipy import sparse

from tawny.candidates.shortlists import shortlists
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import to_files
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.testing.frames import as_of, dicts_of, sequence_frame
from tawny.testing.worlds import histories

_SCHEMA = "source string, user_id string, items array<struct<item_index:int,score:float>>"


def _models() -> dict[str, dict[str, bytes]]:
    """Popularity, which has no score for item 3, and transitions from item 7 to items 1 and 3."""
    counts = np.array([8, 9, 7, -np.inf, 1, 1, 1, 1], np.float32)
    matrix = sparse.csr_array(([0.25, 0.5], ([7, 7], [1, 3])), shape=(8, 8), dtype=np.float32)
    return {
        "popularity": to_files(Popularity(counts, PopularitySettings())),
        "transitions": to_files(Transitions(matrix, TransitionsSettings(position_power=0.0))),
    }


def _shortlists(spark: SparkSession, rows: list[tuple[str, str, list[tuple[int, float]]]]) -> DataFrame:
    """Of u0, with item 7 in the history, and u1, without a history."""
    sequences = sequence_frame(spark, histories([[7], []]))
    features = spark.createDataFrame([("u0", [1.0]), ("u1", [0.0])], "user_id string, features array<float>")
    return shortlists(as_of(spark.createDataFrame(rows, _SCHEMA)), sequences, features, _models()).drop("as_of_ts")


def _item(item: int, scores: list[float | None], ranks: list[int]) -> dict[str, object]:
    return {"item_index": item, "scores": scores, "ranks": ranks}


def test_every_item_has_the_score_of_every_source_and_its_rank_in_their_lists(spark: SparkSession) -> None:
    rows = [
        ("transitions", "u0", [(3, 0.5)]),
        ("popularity", "u0", [(1, 9.0), (0, 8.0)]),
        ("transitions", "u1", []),
        ("popularity", "u1", [(1, 9.0)]),
        ("retired", "u0", [(5, 1.0)]),
        ("popularity", "unknown", [(1, 9.0)]),
    ]
    found = dicts_of(_shortlists(spark, rows), "user_id")
    named = {"sources": ["popularity", "transitions"]}
    # Transitions did not list item 1, but scores it; popularity cannot score item 3, nor transitions item 0.
    of_u0 = [_item(0, [8.0, None], [2, 0]), _item(1, [9.0, 0.25], [1, 0]), _item(3, [None, 0.5], [0, 1])]
    assert found == [
        {"user_id": "u0", "is_warm": True, **named, "items": of_u0},
        {"user_id": "u1", "is_warm": False, **named, "items": [_item(1, [9.0, None], [1, 0])]},
    ]


def test_a_user_whom_no_source_lists_anything_keeps_an_empty_shortlist(spark: SparkSession) -> None:
    found = dicts_of(_shortlists(spark, [("transitions", "u1", [])]), "user_id")
    assert found == [{"user_id": "u1", "is_warm": False, "sources": ["popularity", "transitions"], "items": []}]
