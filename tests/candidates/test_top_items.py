"""A source's lists leave out what must not be listed."""

import numpy as np
from pyspark.sql import SparkSession

from tawny.candidates.top_items import top_items
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.models.store import to_files
from tawny.testing.frames import dicts_of, sequence_frame
from tawny.testing.worlds import histories


def _popularity(*scores: float) -> dict[str, bytes]:
    return to_files(Popularity(np.array(scores, np.float32), PopularitySettings()))


def test_lists_hold_the_best_items_without_seen_and_hidden_ones(spark: SparkSession) -> None:
    users = sequence_frame(spark, histories([[1], []]), seen={0: [1, 4], 1: []})
    is_listable = np.array([True, True, False, True, True])
    found = top_items(users, _popularity(1, 5, 9, 3, 4), is_listable, n=3)
    assert dicts_of(found.drop("as_of_ts"), "user_id") == [
        {"user_id": "u0", "items": [{"item_index": 3, "score": 3.0}, {"item_index": 0, "score": 1.0}]},
        {
            "user_id": "u1",
            "items": [
                {"item_index": 1, "score": 5.0},
                {"item_index": 4, "score": 4.0},
                {"item_index": 3, "score": 3.0},
            ],
        },
    ]


def test_ties_go_to_the_smaller_index(spark: SparkSession) -> None:
    users = sequence_frame(spark, histories([[]]))
    found = dicts_of(top_items(users, _popularity(2, 7, 2, 2), np.ones(4, np.bool_), n=3).drop("as_of_ts"), "user_id")
    assert [item["item_index"] for item in found[0]["items"]] == [1, 0, 2]


def test_a_source_with_nothing_to_say_gives_an_empty_list(spark: SparkSession) -> None:
    users = sequence_frame(spark, histories([[]]))
    found = top_items(users, _popularity(-np.inf, -np.inf), np.ones(2, np.bool_), n=3)
    assert dicts_of(found.drop("as_of_ts"), "user_id") == [{"user_id": "u0", "items": []}]


def test_of_many_models_each_lists_its_own_items(spark: SparkSession) -> None:
    """A worker process keeps a few models only; one that was dropped is loaded again."""
    users, everything = sequence_frame(spark, histories([[]])), np.ones(6, np.bool_)
    for best in (0, 1, 2, 3, 4, 5, 0):
        found = dicts_of(top_items(users, _popularity(*np.eye(6)[best]), everything, n=1), "user_id")
        assert found[0]["items"] == [{"item_index": best, "score": 1.0}]
