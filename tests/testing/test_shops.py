"""The truth that a known shop tells is what its events show."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tawny.testing.shops import RULES, KnownShop, known_shop

LAST_DAY = date(2026, 11, 22)
Rows = list[dict[str, Any]]


@cache
def shop() -> KnownShop:
    return known_shop(5, last_day=LAST_DAY, n_weeks=8, n_users=120, n_categories=4, n_slots=10, n_consumables=8)


def purchases(rule: str) -> Rows:
    return [row for row in shop().truth.to_pylist() if row["rule"] == rule]


def events_of(kind: str) -> dict[tuple[str, str], list[datetime]]:
    found = defaultdict(list)
    for row in shop().events.to_pylist():
        if row["event_type"] == kind:
            found[row["user_id"], row["item_id"]].append(row["event_time"])
    return found


def test_the_same_seed_gives_the_same_shop_and_another_seed_another() -> None:
    sizes = {"n_weeks": 3, "n_users": 10, "n_categories": 2, "n_slots": 5, "n_consumables": 4}
    one, again, other = (known_shop(seed, last_day=LAST_DAY, **sizes) for seed in (1, 1, 2))
    assert one.events.equals(again.events)
    assert one.truth.equals(again.truth)
    assert not one.events.equals(other.events)


def test_every_purchase_has_a_rule_and_every_rule_purchases() -> None:
    bought = [row for row in shop().events.to_pylist() if row["event_type"] == "purchase"]
    keys = ("user_id", "item_id", "event_time")
    assert [[row[key] for key in keys] for row in bought] == [[row[key] for key in keys] for row in shop().truth.to_pylist()]
    assert {row["rule"] for row in shop().truth.to_pylist()} == set(RULES)


def test_events_lie_in_the_weeks_up_to_the_last_day() -> None:
    times = shop().events["event_time"].to_pylist()
    end = datetime(2026, 11, 23, tzinfo=UTC)
    assert end - timedelta(weeks=8) <= min(times) < max(times) < end
    assert max(times) > end - timedelta(days=1)


def test_views_lead_to_purchases_within_hours() -> None:
    views = events_of("view")
    for row in purchases("viewed"):
        hours = [(row["event_time"] - at).total_seconds() / 3600 for at in views[row["user_id"], row["item_id"]]]
        assert any(0.9 < wait < 12.1 for wait in hours)
    n_views = sum(map(len, views.values()))
    assert len(purchases("viewed")) / n_views == pytest.approx(0.3, abs=0.05)


def test_consumables_are_bought_again_after_their_interval() -> None:
    gaps: dict[str, list[float]] = defaultdict(list)
    for (_, item), times in events_of("purchase").items():
        if item in shop().intervals:
            gaps[item] += [(later - at).total_seconds() / 86_400 for at, later in pairwise(times)]
    assert set(gaps) == set(shop().intervals)
    for item, days in gaps.items():
        assert np.mean(days) == pytest.approx(shop().intervals[item], rel=0.1)


def test_in_one_half_of_the_categories_the_next_slot_is_bought() -> None:
    assert shop().ordered_categories == ("ordered-0", "ordered-1")
    walks = defaultdict(list)
    for row in shop().truth.to_pylist():
        if row["item_id"].startswith("ordered"):
            walks[row["user_id"], row["item_id"][:9]].append(int(row["item_id"].split("-")[3]))
    assert all((later - slot) % 10 == 1 for walk in walks.values() for slot, later in pairwise(walk))
    assert all(row["item_id"].startswith("ordered") for row in purchases("order"))


def test_a_fifth_of_the_items_on_offer_is_new_each_week_and_what_is_bought_is_on_offer() -> None:
    offers = {row["item_id"]: (row["available_from"], row["available_until"]) for row in shop().items.to_pylist()}
    weekly = [offer for offer in offers.values() if offer[0] is not None]
    for week in range(8):
        monday = datetime(2026, 11, 23, tzinfo=UTC) - timedelta(weeks=8 - week)
        on_offer = [begin for begin, end in weekly if begin <= monday < end]
        assert len(on_offer) == 4 * 10
        assert sum(begin == monday for begin in on_offer) == 4 * 10 // 5
    late = 0
    for row in shop().truth.to_pylist():
        begin, end = offers[row["item_id"]]
        assert begin is None or begin <= row["event_time"]
        late += end is not None and row["event_time"] >= end
    # Who views an item in its last hours may buy it after them.
    assert late < 0.01 * shop().truth.num_rows


def test_new_items_are_bought_in_their_first_week() -> None:
    offers = {row["item_id"]: row["available_from"] for row in shop().items.to_pylist()}
    waits = [row["event_time"] - offers[row["item_id"]] for row in purchases("new")]
    assert all(timedelta(0) <= wait < timedelta(days=7) for wait in waits)


def test_a_purchase_can_be_foreseen_from_what_made_it() -> None:
    views, bought = events_of("view"), events_of("purchase")
    for row in purchases("viewed"):
        assert row["since_time"] in views[row["user_id"], row["item_id"]]
    for row in purchases("repeat"):
        assert row["since_time"] in bought[row["user_id"], row["item_id"]]


def test_it_is_written_as_a_landing_folder(tmp_path: Path) -> None:
    shop().write(tmp_path)
    assert pq.read_table(tmp_path / "events.parquet").num_rows == shop().events.num_rows
    assert pq.read_table(tmp_path / "items.parquet").column_names[:2] == ["item_id", "categories"]


def test_slots_that_have_no_fifth_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a fifth of the slots must be whole, and categories two\. Received: 7, 4"):
        known_shop(1, last_day=LAST_DAY, n_slots=7, n_categories=4)
