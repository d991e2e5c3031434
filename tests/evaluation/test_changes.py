"""What changed between two nights, counted by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tawny.evaluation.changes import (
    changes_table,
    item_changes,
    last_day,
    list_before,
    list_changes,
    listed_changes,
    new_events,
)
from tawny.tables.changes import MEASURES

D = date(2026, 11, 23)


def by_name(rows: Iterator[dict[str, Any]]) -> dict[tuple[str, str], tuple[Any, Any, int]]:
    """Value, usual and n by measure and segment; every measure is a known one, and once."""
    found = list(rows)
    named = {(row["measure"], row["segment"]): (row["value"], row["usual"], row["n"]) for row in found}
    assert len(named) == len(found)
    assert {measure for measure, _ in named} <= set(MEASURES)
    return named


def event(user: str, days_ago: int, kind: str = "view", value: float | None = None, hour: int = 9) -> tuple[Any, ...]:
    day = D - timedelta(days=days_ago)
    return user, kind, datetime(day.year, day.month, day.day, hour, tzinfo=UTC), day, value


@pytest.fixture(scope="module")
def events(spark: Any) -> Any:
    """A view a day of `a` for six weeks, two purchases of yesterday's newcomer `b`, and a visit of `c` last week."""
    rows = [event("a", day) for day in range(1, 43)]
    rows += [event("b", 1, "purchase", 10.0, hour=20), event("b", 1, "purchase", 30.0, hour=21)]
    rows += [event("c", 7, "purchase", 5.0), event("c", 7)]
    columns = "user_id string, event_type string, event_ts timestamp, event_date date, value double"
    return spark.createDataFrame(rows, columns)


def test_the_last_day_is_held_against_a_mean_day_of_four_weeks(events: Any) -> None:
    found = by_name(last_day(events, D))
    assert found["day_events", "all"] == (3.0, 30 / 28, 3)
    assert found["day_events", "view"] == (1.0, 29 / 28, 1)
    assert found["day_events", "purchase"] == (2.0, 1 / 28, 2)
    assert found["day_users", "all"] == (2, 29 / 28, 2)
    assert found["new_users", "all"] == (1, 1 / 28, 2)
    assert found["value_median", "purchase"] == (10.0, 5.0, 2)


def test_a_drift_is_a_stability_index_beside_what_chance_gives(events: Any) -> None:
    value, chance, n = by_name(last_day(events, D))["drift_types", "all"]
    # Purchases and views were 1 and 29, and are 2 and 1; with halves added 1.5/31, 29.5/31 and 2.5/4, 1.5/4.
    assert value == pytest.approx((2.5 / 4 - 1.5 / 31) * 2.5585 + (1.5 / 4 - 29.5 / 31) * -0.9312, abs=1e-3)
    # 29 user days and 2 users; the 95 % quantile of a chi-square with one degree of freedom is 3.8415.
    assert chance == pytest.approx(3.8415 * (1 / 29 + 1 / 2), abs=1e-3)
    assert n == 3


def test_a_day_without_events_has_no_drift(events: Any) -> None:
    found = by_name(last_day(events, D + timedelta(days=2)))
    assert found["day_events", "all"][0] == 0
    assert found["drift_types", "all"] == (None, None, 0)


def test_new_and_late_events_are_told_apart_by_the_day_that_was_counted(events: Any) -> None:
    # The night of the day before knew 42 events of its 43: one of last week's came late.
    found = by_name(new_events(events, datetime(2026, 11, 22, tzinfo=UTC), 46, 42))
    assert found == {("new_events", "all"): (4, None, 46), ("late_events", "all"): (1, None, 46)}


def test_items_are_new_in_the_catalog_and_gone_from_what_can_be_listed(spark: Any) -> None:
    columns = "item_id string, is_listable boolean"
    before = spark.createDataFrame([("kept", True), ("blocked", True), ("dropped", True), ("hidden", False)], columns)
    now = spark.createDataFrame([("kept", True), ("blocked", False), ("hidden", True), ("new", True)], columns)
    assert by_name(item_changes(now, before)) == {("new_items", "all"): (1, None, 4), ("gone_items", "all"): (2, None, 3)}
    assert by_name(item_changes(now, before.limit(0))) == {}  # dropped by `tawny maintain`


@pytest.fixture(scope="module")
def lists(spark: Any) -> tuple[Any, Any]:
    """Today's and yesterday's: `same` has the same list, `turned` its items turned round, `other` one item in common."""
    now = {"same": "pq", "turned": "pq", "other": "pr", "new": "p"}
    before = {"same": "pq", "turned": "qp", "other": "sp", "lost": "p"}
    columns = "user_id string, rank int, item_id string, score float, sources array<string>"

    def frame(of: dict[str, str]) -> Any:
        rows = [(user, rank, item, 1.0 / rank, ["als" if item == "p" else "popularity"])
                for user, items in of.items() for rank, item in enumerate(items, 1)]  # fmt: skip
        return spark.createDataFrame(rows, columns)

    return frame(now), frame(before)


def test_lists_are_held_against_those_of_the_same_user(spark: Any, lists: tuple[Any, Any]) -> None:
    active = spark.createDataFrame([("other",), ("new",), ("nobody",)], "user_id string")
    found = by_name(list_changes(*lists, active))
    assert {name: row for name, row in found.items() if name[0] == "lists_changed_share"} == {
        ("lists_changed_share", "all"): (2 / 3, None, 3),
        ("lists_changed_share", "active"): (1.0, None, 1),
        ("lists_changed_share", "quiet"): (0.5, None, 2),
    }
    # Both items, both items, one of two.
    assert found["list_overlap", "all"] == (pytest.approx((1 + 1 + 0.5) / 3), None, 3)
    # The overlap at depth 1 and 2: (1 + 1) / 2, (0 + 1) / 2, (0 + 1/2) / 2.
    assert found["list_top_overlap", "all"] == (pytest.approx((1 + 0.5 + 0.25) / 3), None, 3)
    assert found["new_lists", "all"][0] == 1
    assert found["lost_lists", "all"][0] == 1


def test_listed_items_are_counted_by_source(lists: tuple[Any, Any]) -> None:
    found = by_name(listed_changes(*lists, 6))
    assert found["listed_items_share", "all"] == (3 / 6, 3 / 6, 6)  # p, q, r; and p, q, s
    assert found["source_share", "als"] == (pytest.approx(4 / 7), pytest.approx(4 / 7), 7)
    assert found["drift_sources", "all"][0] == pytest.approx(0.0)
    assert found["drift_scores", "all"][0] == pytest.approx(0.0)


def test_the_list_before_is_judged_by_three_metrics() -> None:
    row = {"segment": "all", "value": 0.2, "ci_low": 0.1, "ci_high": 0.3, "n_judged": 7}
    rows = [{**row, "metric": metric} for metric in ("ndcg", "coverage", "recall")]
    found = list(list_before([*rows, {**rows[0], "segment": "cold", "value": None}]))
    assert [(one["measure"], one["segment"], one["value"], one["ci_high"], one["n"]) for one in found] == [
        ("before_ndcg", "all", 0.2, 0.3, 7),
        ("before_recall", "all", 0.2, 0.3, 7),
    ]
    assert changes_table(found, D).column("list_date").to_pylist() == [D, D]
