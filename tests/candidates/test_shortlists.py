"""Shortlists are the union of all sources, with the users' kind."""

from datetime import timedelta

from pyspark.sql import SparkSession

from tawny.candidates.shortlists import merge_sources
from tawny.testing.frames import RUN_DAY, dicts_of

NOON = RUN_DAY - timedelta(days=1.5)
# Spark gives instants back in local time without a zone.
SOONER, LATER = (one.astimezone().replace(tzinfo=None) for one in (NOON, RUN_DAY))
_SCHEMA = "source string, fold string, user_id string, as_of_ts timestamp, items array<struct<item_index:int,score:float>>"
_SEQUENCES = "fold string, user_id string, as_of_ts timestamp, item_indices array<int>"


def test_sources_are_merged_by_item_with_a_gap_where_one_does_not_list_it(spark: SparkSession) -> None:
    rows = [
        ("als", "test", "a", NOON, [(3, 0.5), (1, 0.25)]),
        ("popularity", "test", "a", NOON, [(1, 9.0), (0, 8.0)]),
        ("als", "test", "b", NOON, []),
        ("popularity", "test", "b", NOON, [(2, 7.0)]),
        ("als", "serve", "a", RUN_DAY, [(2, 1.0)]),
        # The same user as of another instant has a list of its own.
        ("als", "test", "a", RUN_DAY, [(4, 0.75)]),
        ("retired", "test", "a", NOON, [(5, 1.0)]),
    ]
    histories = [
        ("test", "a", NOON, [7]), ("test", "a", RUN_DAY, [7, 9]), ("serve", "a", RUN_DAY, [7, 8]), ("test", "b", NOON, []),
        ("test", "c", NOON, [1]),
    ]  # fmt: skip
    sequences = spark.createDataFrame(histories, _SEQUENCES)
    merged = merge_sources(spark.createDataFrame(rows, _SCHEMA), sequences, ("popularity", "als"))
    warm, new = ({"sources": ["popularity", "als"], "is_warm": is_warm} for is_warm in (True, False))
    assert dicts_of(merged, "fold", "user_id", "as_of_ts") == [
        {"fold": "serve", "user_id": "a", "as_of_ts": LATER, **warm, "items": [{"item_index": 2, "scores": [None, 1.0]}]},
        {
            "fold": "test",
            "user_id": "a",
            "as_of_ts": SOONER,
            **warm,
            "items": [
                {"item_index": 0, "scores": [8.0, None]},
                {"item_index": 1, "scores": [9.0, 0.25]},
                {"item_index": 3, "scores": [None, 0.5]},
            ],
        },
        {"fold": "test", "user_id": "a", "as_of_ts": LATER, **warm, "items": [{"item_index": 4, "scores": [None, 0.75]}]},
        {"fold": "test", "user_id": "b", "as_of_ts": SOONER, **new, "items": [{"item_index": 2, "scores": [7.0, None]}]},
    ]


def test_a_user_whom_no_source_lists_anything_keeps_an_empty_shortlist(spark: SparkSession) -> None:
    sequences = spark.createDataFrame([("test", "a", NOON, [])], _SEQUENCES)
    merged = merge_sources(spark.createDataFrame([("als", "test", "a", NOON, [])], _SCHEMA), sequences, ("als",))
    expected = {"fold": "test", "user_id": "a", "as_of_ts": SOONER, "is_warm": False, "sources": ["als"], "items": []}
    assert dicts_of(merged, "user_id") == [expected]
