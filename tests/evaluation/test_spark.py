"""Judged by Spark tasks, lists get the numbers that one process gives them."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from pyspark.sql import SparkSession

from tawny.evaluation.plan import Plan
from tawny.judging.judge import SEGMENTS, judge
from tawny.judging.published import published_lists, taken_since
from tawny.testing.lists import mappings_of

PLAN = Plan((1, 3), np.array([5, 4, 3, 2, 1], np.int64), seed=1, segments=SEGMENTS, n_resamples=50)


def test_metrics_by_hand_for_every_subject_and_segment(spark: SparkSession) -> None:
    answers = spark.createDataFrame(
        [("a", [1], True), ("b", [2, 3], True), ("c", [0], False)],
        "user_id string, answers array<int>, is_warm boolean",
    )
    lists = spark.createDataFrame(
        [("als", "a", [1, 2, 3]), ("als", "b", [0, 2, 3]), ("als", "c", [0]), ("bad", "a", [4]), ("als", "other", [1])],
        "subject string, user_id string, listed array<int>",
    ).repartition(3)
    found = judge(lists, answers, PLAN)

    def value(subject: str, segment: str, metric: str, k: int) -> float | None:
        rows = [row for row in found[subject] if (row.segment, row.metric, row.k) == (segment, metric, k)]
        assert len(rows) == 1
        return rows[0].value

    assert list(found) == ["als", "bad"]
    assert value("als", "all", "hit_rate", 1) == pytest.approx(2 / 3)
    assert value("als", "warm", "hit_rate", 1) == 0.5
    assert value("als", "cold", "hit_rate", 1) == 1.0
    assert value("als", "warm", "recall", 3) == 1.0
    # A user whom `bad` gave no list counts 0.
    assert value("bad", "all", "hit_rate", 3) == 0.0
    assert {row.n_users for row in found["bad"] if row.metric == "recall" and row.segment == "all"} == {3}


def test_published_lists_are_the_latest_earlier_ones_in_order_of_rank(spark: SparkSession) -> None:
    rows = [
        (date(1998, 4, 1), "a", 1, "x"), (date(1998, 4, 2), "a", 2, "x"), (date(1998, 4, 2), "a", 1, "y"),
        (date(1998, 4, 3), "a", 1, "gone"), (date(1998, 4, 3), "a", 2, "y"),
    ]  # fmt: skip
    catalog = spark.createDataFrame([("x", 0), ("y", 1)], "item_id string, item_index int")
    lists = spark.createDataFrame(rows, "run_date date, user_id string, rank int, item_id string")
    assert mappings_of(published_lists(lists, catalog, 2), "subject") == [
        {"subject": "1998-04-02", "user_id": "a", "listed": [1, 0]},
        {"subject": "1998-04-03", "user_id": "a", "listed": [1]},
    ]


def test_only_what_is_taken_for_the_first_time_since_the_list_counts(spark: SparkSession) -> None:
    def at(day: int) -> datetime:
        return datetime(1998, 4, day, tzinfo=UTC)

    events = spark.createDataFrame(
        [("a", "x", "view", at(1)), ("a", "x", "view", at(5)), ("a", "y", "view", at(2)), ("b", "y", "view", at(3)),
         ("c", "x", "impression", at(3)), ("d", "x", "view", at(1))],
        "user_id string, item_id string, event_type string, event_ts timestamp",
    )  # fmt: skip
    catalog = spark.createDataFrame([("x", 0), ("y", 1)], "item_id string, item_index int")
    assert mappings_of(taken_since(events, catalog, date(1998, 4, 2), ("view",)), "user_id") == [
        {"user_id": "a", "answers": [1], "is_warm": True},
        {"user_id": "b", "answers": [1], "is_warm": False},
    ]
