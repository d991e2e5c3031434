"""Shortlists are the union of all sources."""

from pyspark.sql import SparkSession

from tawny.candidates.shortlists import merge_sources
from tawny.testing.lists import mappings_of

_SCHEMA = "source string, fold string, user_id string, items array<struct<item_index:int,score:float>>"


def test_sources_are_merged_by_item_with_a_gap_where_one_does_not_list_it(spark: SparkSession) -> None:
    rows = [
        ("als", "test", "a", [(3, 0.5), (1, 0.25)]),
        ("popularity", "test", "a", [(1, 9.0), (0, 8.0)]),
        ("als", "test", "b", []),
        ("popularity", "test", "b", [(2, 7.0)]),
        ("als", "serve", "a", [(2, 1.0)]),
        ("retired", "test", "a", [(5, 1.0)]),
    ]
    merged = merge_sources(spark.createDataFrame(rows, _SCHEMA), ("popularity", "als"))
    sources = ["popularity", "als"]
    assert mappings_of(merged, "fold", "user_id") == [
        {"fold": "serve", "user_id": "a", "sources": sources, "items": [{"item_index": 2, "scores": [None, 1.0]}]},
        {
            "fold": "test",
            "user_id": "a",
            "sources": sources,
            "items": [
                {"item_index": 0, "scores": [8.0, None]},
                {"item_index": 1, "scores": [9.0, 0.25]},
                {"item_index": 3, "scores": [None, 0.5]},
            ],
        },
        {"fold": "test", "user_id": "b", "sources": sources, "items": [{"item_index": 2, "scores": [7.0, None]}]},
    ]


def test_a_user_whom_no_source_lists_anything_keeps_an_empty_shortlist(spark: SparkSession) -> None:
    merged = merge_sources(spark.createDataFrame([("als", "test", "a", [])], _SCHEMA), ("als",))
    assert mappings_of(merged, "user_id") == [{"fold": "test", "user_id": "a", "sources": ["als"], "items": []}]
