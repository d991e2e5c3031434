"""Every rule of the audit refuses the list that breaks it, and says which."""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tawny.core.errors import CheckError
from tawny.publish.audit import Limits, audit

_LISTS = "user_id string, items array<struct<item_index:int,score:float,sources:array<string>>>"
GOOD = {"a": [(1, 0.9, ["als"]), (2, 0.5, ["als"])], "b": [(1, 0.9, ["als"])]}


def _audit(
    spark: SparkSession,
    lists: dict[str, Any],
    *,
    seen: dict[str, list[int]] | None = None,
    earlier: list[tuple[date, str]] | None = None,
    limits: Limits | None = None,
) -> None:
    users = spark.createDataFrame(list((seen or {"a": [7], "b": []}).items()), "user_id string, seen_indices array<int>")
    catalog = spark.createDataFrame(
        [(n, f"i{n}", n != 9) for n in range(10)], "item_index int, item_id string, is_available boolean"
    )
    before = spark.createDataFrame(earlier or [], "run_date date, user_id string")
    audit(spark.createDataFrame(list(lists.items()), _LISTS), users, catalog, before, limits or Limits(k=2), "rankings_v1")


def test_good_lists_pass(spark: SparkSession) -> None:
    _audit(spark, GOOD, earlier=[(date(1998, 4, 1), "a")])


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ([(1, 0.9, ["als"]), (2, 0.8, ["als"]), (3, 0.7, ["als"])], "a list has at most 2 items"),
        ([(1, 0.9, ["als"]), (1, 0.9, ["als"])], "the items of a list are unique"),
        ([(1, 0.5, ["als"]), (2, 0.9, ["als"])], "a list is ordered by score"),
        ([(2, 0.5, ["als"]), (1, 0.5, ["als"])], "a list is ordered by score, ties by item"),
        ([(1, float("nan"), ["als"])], "scores are finite"),
        ([(1, float("inf"), ["als"])], "scores are finite"),
        ([(1, -0.5, ["als"])], "scores are finite and within"),
        ([(7, 0.9, ["als"])], "nothing is listed that the seen rule forbids"),
        ([(1, 0.9, [])], "every listed item has a source"),
        ([(9, 0.9, ["als"])], "every listed item is available"),
        ([], "have a list"),
    ],
)
def test_a_broken_list_is_refused_by_name(spark: SparkSession, broken: list[Any], rule: str) -> None:
    with pytest.raises(CheckError, match=rule) as caught:
        _audit(spark, {**GOOD, "a": broken})
    assert "user a" in str(caught.value)


def test_a_user_without_any_list_is_refused(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match=r"1 of 2; user a has none"):
        _audit(spark, {"b": GOOD["b"]})


def test_a_list_for_somebody_unknown_is_refused(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match="a list is for an eligible user"):
        _audit(spark, {**GOOD, "stranger": GOOD["a"]})


def test_losing_users_that_were_served_before_is_refused(spark: SparkSession) -> None:
    lenient = Limits(k=2, min_coverage_share=0.5)
    _audit(spark, {"b": GOOD["b"]}, limits=lenient, earlier=[(date(1998, 4, 1), "b")])
    with pytest.raises(CheckError, match="served before"):
        _audit(spark, {"b": GOOD["b"]}, limits=lenient, earlier=[(date(1998, 4, 1), "a"), (date(1998, 4, 1), "b")])
