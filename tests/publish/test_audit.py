"""Every rule of the audit refuses the list that breaks it, and says which."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tawny.core.errors import CheckError
from tawny.publish.audit import Audited, audit
from tawny.publish.settings import AuditSettings

_LISTS = "list_id string, user_id string, rank int, item_id string, score float, sources array<string>, model_version string"
HALF = AuditSettings(max_exhausted_share=0.5)
GOOD = {"a": [(1, 0.9, ["als"]), (2, 0.5, ["als"])], "b": [(1, 0.9, ["als"])]}


def _rows(lists: dict[str, Any], list_id: str = "l", model_version: str = "m") -> list[tuple[Any, ...]]:
    """Rows of recommendations_v2: an item is (index, score, sources), and maybe its rank."""
    return [
        (list_id, user, *(more or [rank]), f"i{index}", score, sources, model_version)
        for user, items in lists.items()
        for rank, (index, score, sources, *more) in enumerate(items, start=1)
    ]


def _audit(
    spark: SparkSession,
    lists: dict[str, Any],
    *,
    seen: dict[str, list[int]] | None = None,
    before: list[str] | None = None,
    settings: AuditSettings | None = None,
    n_available: int = 9,
    more_rows: list[tuple[Any, ...]] | None = None,
) -> Audited:
    users = spark.createDataFrame(list((seen or {"a": [7], "b": []}).items()), "user_id string, seen_indices array<int>")
    items = spark.createDataFrame(
        [(n, f"i{n}", n < n_available) for n in range(10)], "item_index int, item_id string, is_listable boolean"
    )
    served_before = spark.createDataFrame([(user,) for user in before or []], "user_id string")
    frame = spark.createDataFrame(_rows(lists) + (more_rows or []), _LISTS)
    return audit(frame, users, items, served_before, 2, settings or AuditSettings(), "recommendations_v2")


def test_good_lists_pass(spark: SparkSession) -> None:
    assert _audit(spark, GOOD, before=["a", "a"]) == Audited("l", "m", n_users=2, n_listed=2, n_exhausted=0)


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
        ([(7, 0.9, ["als"])], "nothing is listed that the seen rule excludes"),
        ([(1, 0.9, [])], "every listed item has a source"),
        ([(9, 0.9, ["als"])], "every listed item is available"),
        ([(1, 0.9, ["als"], 2)], "the ranks of a list are 1, 2, 3"),
        ([(1, 0.9, ["als"], 1), (2, 0.5, ["als"], 3)], "the ranks of a list are 1, 2, 3"),
        ([(10, 0.9, ["als"])], "every listed item is in the catalog of the day"),
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


def test_users_served_before_must_not_lose_their_list(spark: SparkSession) -> None:
    lenient = AuditSettings(min_coverage_share=0.5)
    _audit(spark, {"b": GOOD["b"]}, settings=lenient, before=["b"])
    with pytest.raises(CheckError, match=r"served before are left without a list. Received: 1 of 2; user a has none"):
        _audit(spark, {"b": GOOD["b"]}, settings=lenient, before=["a", "b", "b"])


def test_rows_of_two_lists_are_refused(spark: SparkSession) -> None:
    other = _rows({"b": GOOD["b"]}, list_id="other")
    with pytest.raises(CheckError, match=r"the lists of all users have one list_id. Received: l and other"):
        _audit(spark, {"a": GOOD["a"]}, more_rows=other)


def test_rows_of_two_models_are_refused(spark: SparkSession) -> None:
    other = _rows({"b": GOOD["b"]}, model_version="other")
    with pytest.raises(CheckError, match=r"the lists of all users have one model_version. Received: m and other"):
        _audit(spark, {"a": GOOD["a"]}, more_rows=other)


def test_scores_are_measured_against_the_range_of_the_settings(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match=r"within \[0.0, 0.75\]"):
        _audit(spark, GOOD, settings=AuditSettings(high=0.75))


AVAILABLE = [n for n in range(10) if n != 9]


def _thousand(spark: SparkSession, n_exhausted: int, n_lost: int = 0, **more: Any) -> Audited:
    """The audit of 1,000 users of whom some have seen all that is available, and some have no list for another reason."""
    users = [f"u{n:03}" for n in range(1000)]
    seen = {user: AVAILABLE if n < n_exhausted else AVAILABLE[:-1] for n, user in enumerate(users)}
    lists = {user: [(8, 0.9, ["als"])] for user in users[n_exhausted + n_lost :]}
    return _audit(spark, lists, seen=seen, **more)


def test_a_user_for_whom_nothing_is_left_is_counted_and_blocks_nobody(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="tawny"):
        assert _thousand(spark, 1) == Audited("l", "m", n_users=1000, n_listed=999, n_exhausted=1)
    assert "n_users=1000 n_listed=999 n_exhausted=1" in caplog.text
    # Also where all had a list the day before.
    assert _thousand(spark, 1, before=[f"u{n:03}" for n in range(1000)]).n_exhausted == 1


def test_a_user_without_a_list_to_whom_one_item_could_be_listed_still_blocks(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match=r"with something left to list have a list.* 998 of 999; user u001 has none"):
        _thousand(spark, 1, n_lost=1)
    # An item that is not available is none that is left; one that is not in the catalog does not count as seen.
    assert _audit(spark, GOOD, seen={"a": [7], "b": [], "c": [*AVAILABLE, 9]}, settings=HALF).n_exhausted == 1
    with pytest.raises(CheckError, match="user c has none"):
        _audit(spark, GOOD, seen={"a": [7], "b": [], "c": [*AVAILABLE[1:], 9, 11]}, settings=HALF)


def test_more_users_without_anything_left_than_the_share_block(spark: SparkSession) -> None:
    assert _thousand(spark, 100).n_exhausted == 100
    with pytest.raises(CheckError, match=r"at most 10.00% of the eligible users have seen all .* 101 of 1000; as user u000"):
        _thousand(spark, 101)


def test_a_list_without_any_row_is_refused_even_where_the_settings_let_all_users_be_exhausted(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match="a list must have rows"):
        _audit(spark, {}, n_available=0, settings=AuditSettings(max_exhausted_share=1.0))


def test_a_catalog_of_which_nothing_is_available_blocks(spark: SparkSession) -> None:
    with pytest.raises(CheckError, match=r"have seen all items that are available\. Received: 2 of 2; as user a"):
        _audit(spark, {}, n_available=0)


def test_of_a_catalog_that_is_no_longer_than_a_list_users_may_have_seen_all(spark: SparkSession) -> None:
    seen = {"a": [0, 1], "b": [0, 1], "c": [0]}
    assert _audit(spark, {"c": [(1, 0.9, ["als"])]}, seen=seen, n_available=2).n_exhausted == 2
