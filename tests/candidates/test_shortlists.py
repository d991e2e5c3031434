"""Shortlists are the union of all sources, with the users' kind."""

from pyspark.sql import SparkSession

from tawny.candidates.shortlists import merge_sources
from tawny.testing.frames import dicts_of

_SCHEMA = "source string, fold string, user_id string, items array<struct<item_index:int,score:float>>"
_SEQUENCES = "fold string, user_id string, item_indices array<int>"


def test_sources_are_merged_by_item_with_a_gap_where_one_does_not_list_it(spark: SparkSession) -> None:
    rows = [
        ("als", "test", "a", [(3, 0.5), (1, 0.25)]),
        ("popularity", "test", "a", [(1, 9.0), (0, 8.0)]),
        ("als", "test", "b", []),
        ("popularity", "test", "b", [(2, 7.0)]),
        ("als", "serve", "a", [(2, 1.0)]),
        ("retired", "test", "a", [(5, 1.0)]),
    ]
    histories = [("test", "a", [7]), ("serve", "a", [7, 8]), ("test", "b", []), ("test", "c", [1])]
    sequences = spark.createDataFrame(histories, _SEQUENCES)
    merged = merge_sources(spark.createDataFrame(rows, _SCHEMA), sequences, ("popularity", "als"))
    warm, new = ({"sources": ["popularity", "als"], "is_warm": is_warm} for is_warm in (True, False))
    assert dicts_of(merged, "fold", "user_id") == [
        {"fold": "serve", "user_id": "a", **warm, "items": [{"item_index": 2, "scores": [None, 1.0]}]},
        {
            "fold": "test",
            "user_id": "a",
            **warm,
            "items": [
                {"item_index": 0, "scores": [8.0, None]},
                {"item_index": 1, "scores": [9.0, 0.25]},
                {"item_index": 3, "scores": [None, 0.5]},
            ],
        },
        {"fold": "test", "user_id": "b", **new, "items": [{"item_index": 2, "scores": [7.0, None]}]},
    ]


def test_a_user_whom_no_source_lists_anything_keeps_an_empty_shortlist(spark: SparkSession) -> None:
    sequences = spark.createDataFrame([("test", "a", [])], _SEQUENCES)
    merged = merge_sources(spark.createDataFrame([("als", "test", "a", [])], _SCHEMA), sequences, ("als",))
    expected = {"fold": "test", "user_id": "a", "is_warm": False, "sources": ["als"], "items": []}
    assert dicts_of(merged, "user_id") == [expected]
