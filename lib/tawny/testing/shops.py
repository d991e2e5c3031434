"""Synthetic shops as landing folders of canonical Parquet: one to run a night on, and one whose truth is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_GROUPS = 4


def write_shop(
    landing: Path, rng: np.random.Generator, *, last_day: date, n_days: int = 30, n_users: int = 60, n_items: int = 40
) -> int:
    """Write `events.parquet` for the `n_days` up to and including `last_day`; returns the number of events.

    Users and items belong to groups. A user mostly visits items of one group, in the group's order, so that the next item
    can be learned. Some visits lead to a cart event, and some of these to a purchase. The last tenth of the users arrive in
    the last three days.
    """
    rows = []
    for user in range(n_users):
        is_new = user >= n_users * 9 // 10
        position = int(rng.integers(n_items // _GROUPS))
        n_open, n_visits = (min(3, n_days), min(2, n_days)) if is_new else (n_days, min(8, n_days))
        for day in sorted(rng.choice(n_open, n_visits, replace=False)):
            when = datetime.combine(last_day, datetime.min.time(), UTC) - timedelta(
                days=int(day if is_new else n_days - 1 - day)
            )
            for _ in range(3):
                position += 1
                group = user % _GROUPS if rng.random() < 0.9 else int(rng.integers(_GROUPS))
                item = position % (n_items // _GROUPS) * _GROUPS + group
                when += timedelta(minutes=int(rng.integers(1, 60)))
                rows += _visit(f"customer-{user:04d}", f"sku-{item:04d}", when, rng)
    columns = {name: [row[name] for row in rows] for name in ("user_id", "item_id", "event_type", "event_time", "value")}
    landing.mkdir(parents=True, exist_ok=True)
    types = {"event_time": pa.timestamp("us", "UTC"), "value": pa.float64()}
    table = pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})
    pq.write_table(table, landing / "events.parquet")
    return len(rows)


def _visit(user: str, item: str, when: datetime, rng: np.random.Generator) -> list[dict[str, object]]:
    kinds = ["view", *(["cart"] if rng.random() < 0.3 else [])]
    kinds += ["purchase"] if len(kinds) > 1 and rng.random() < 0.5 else []
    return [
        {
            "user_id": user,
            "item_id": item,
            "event_type": kind,
            "event_time": when + timedelta(seconds=20 * step),
            "value": 9.99 if kind == "purchase" else None,
        }
        for step, kind in enumerate(kinds)
    ]


Rule = Literal["viewed", "repeat", "order", "new", "start"]
"""Why a known shop's customer bought: see `known_shop`."""

RULES = get_args(Rule)

WEEKS_ON_OFFER = 5

_KIND_DAYS = (5.0, 8.0, 13.0, 21.0)
_EVENTS = pa.schema(
    {
        "user_id": pa.string(),
        "item_id": pa.string(),
        "event_type": pa.string(),
        "event_time": pa.timestamp("us", "UTC"),
        "value": pa.float64(),
    }
)


@dataclass(frozen=True)
class KnownShop:
    """A shop and the truth about it.

    Attributes:
        events: user_id, item_id, event_type (view or purchase), event_time, value.
        items: item_id, categories, available_from, available_until.
        truth: one row per purchase: user_id, item_id, event_time, rule, and since_time, the instant from which on somebody
            who knows the rule could foresee it.
        intervals: days after which each consumable is bought again, by item_id.
        ordered_categories: those in which customers go from item to item.
    """

    events: pa.Table
    items: pa.Table
    truth: pa.Table
    intervals: dict[str, float]
    ordered_categories: tuple[str, ...]

    def write(self, landing: Path) -> None:
        """Write events.parquet and items.parquet."""
        landing.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.events, landing / "events.parquet")
        pq.write_table(self.items, landing / "items.parquet")


def known_shop(
    seed: int,
    *,
    last_day: date,
    n_weeks: int = 12,
    n_users: int = 1000,
    n_categories: int = 6,
    n_slots: int = 20,
    n_consumables: int = 24,
) -> KnownShop:
    """The shop of the `n_weeks` up to and including `last_day`; the same for the same arguments.

    Every category has `n_slots` items on offer at a time, and each Monday of the shop a fifth of them is replaced. In the
    first half of the categories customers go from each slot to the next; in the other half a customer likes every second
    slot, and order says nothing. Consumables are always on offer. A purchase is made by one of these rules:

    - viewed: a liked item is viewed, and 3 of 10 views lead to a purchase 1 to 12 hours later;
    - repeat: a consumable is bought again after its interval, give or take a tenth;
    - order: in an ordered category, the slot after that of the purchase before;
    - new: an item that is new this week, half of them the same one;
    - start: the first purchase of an order or of a consumable, which nobody can foresee.

    Raises:
        ValueError: the slots are no multiple of 5, or there are no two categories.
    """
    if n_slots % WEEKS_ON_OFFER or n_categories < 2:
        raise ValueError(f"a fifth of the slots must be whole, and categories two. Received: {n_slots}, {n_categories}.")
    rng = np.random.default_rng(seed)
    shelves = _Shelves(rng, n_weeks, n_categories, n_slots, n_consumables)
    deeds = [deed for user in range(n_users) for deed in _customer(f"customer-{user:05d}", shelves, rng)]
    deeds = sorted(deed for deed in deeds if deed.day < 7 * n_weeks)
    first = datetime.combine(last_day, datetime.min.time(), UTC) - timedelta(days=7 * n_weeks - 1)

    def at(day: float) -> datetime:
        return first + timedelta(days=day)

    events = [
        {"user_id": deed.user, "item_id": deed.item, "event_type": "purchase" if deed.rule else "view",
         "event_time": at(deed.day), "value": 9.99 if deed.rule else None}
        for deed in deeds
    ]  # fmt: skip
    truth = [
        {"user_id": deed.user, "item_id": deed.item, "event_time": at(deed.day), "rule": deed.rule,
         "since_time": at(deed.since)}
        for deed in deeds if deed.rule
    ]  # fmt: skip
    offers = [
        {"item_id": item, "categories": [category],
         "available_from": None if begin is None else at(begin), "available_until": None if end is None else at(end)}
        for item, category, begin, end in shelves.offers()
    ]  # fmt: skip
    items = pa.Table.from_pylist(offers)
    ordered = tuple(f"ordered-{c}" for c in range(n_categories // 2))
    return KnownShop(pa.Table.from_pylist(events, _EVENTS), items, pa.Table.from_pylist(truth), shelves.intervals, ordered)


@dataclass(frozen=True, order=True)
class _Deed:
    """What a customer does: `day` and `since` in days from the shop's first; `rule` empty: a view."""

    day: float
    user: str
    item: str
    rule: Rule | Literal[""]
    since: float


class _Shelves:
    """What is on offer when."""

    def __init__(self, rng: np.random.Generator, n_weeks: int, n_categories: int, n_slots: int, n_consumables: int) -> None:
        self.n_weeks, self.n_slots = n_weeks, n_slots
        self.n_ordered, self.n_categories = n_categories // 2, n_categories
        names = [f"kind-{n % len(_KIND_DAYS)}-{n:03d}" for n in range(n_consumables)]
        days = [_KIND_DAYS[n % len(_KIND_DAYS)] * rng.uniform(0.85, 1.15) for n in range(n_consumables)]
        self.intervals = dict(zip(names, days, strict=True))
        self.star_slots = rng.integers(n_slots // WEEKS_ON_OFFER, size=n_weeks)

    def category(self, number: int) -> str:
        """Its name."""
        return f"ordered-{number}" if number < self.n_ordered else f"free-{number}"

    def item(self, category: int, slot: int, day: float) -> str:
        """The item in the slot on that day."""
        week = int(day // 7)
        return self._name(category, slot, week - (week - slot) % WEEKS_ON_OFFER)

    def offers(self) -> Iterator[tuple[str, str, float | None, float | None]]:
        """Item, category, and the days from and until which it is on offer; None: always."""
        for item in self.intervals:
            yield item, item[: item.rindex("-")], None, None
        for category in range(self.n_categories):
            for slot in range(self.n_slots):
                for week in range(slot % WEEKS_ON_OFFER - WEEKS_ON_OFFER, self.n_weeks, WEEKS_ON_OFFER):
                    if week + WEEKS_ON_OFFER > 0:
                        name = self._name(category, slot, week)
                        yield name, self.category(category), 7.0 * week, 7.0 * (week + WEEKS_ON_OFFER)

    def star(self, week: int) -> tuple[int, int]:
        """Category and slot of the week's new item that most customers want, in a category without order."""
        return self.n_ordered, week % WEEKS_ON_OFFER + WEEKS_ON_OFFER * int(self.star_slots[week])

    def _name(self, category: int, slot: int, week: int) -> str:
        return f"{self.category(category)}-slot-{slot:02d}-week-{week + WEEKS_ON_OFFER:02d}"


def _customer(user: str, shelves: _Shelves, rng: np.random.Generator) -> Iterator[_Deed]:
    """All that a customer does; three of ten come while the shop is open already. Deeds after its end are cut off later."""
    end = 7.0 * shelves.n_weeks
    begin = rng.uniform(0, end) if rng.random() < 0.3 else 0.0
    yield from _views(user, begin, end, shelves, rng)
    yield from _walk(user, begin, end, shelves, rng)
    for item in rng.choice(list(shelves.intervals), 2, replace=False):
        yield from _supplies(user, str(item), begin, end, shelves, rng)
    yield from _news(user, begin, shelves, rng)


def _views(user: str, begin: float, end: float, shelves: _Shelves, rng: np.random.Generator) -> Iterator[_Deed]:
    category, half = int(rng.integers(shelves.n_ordered, shelves.n_categories)), int(rng.integers(2))
    for day in rng.uniform(begin, end, rng.poisson(0.5 * (end - begin))):
        slot = int(rng.integers(shelves.n_slots // 2)) * 2 + half
        item = shelves.item(category, slot, day)
        yield _Deed(day, user, item, "", day)
        if rng.random() < 0.3:
            yield _Deed(day + rng.uniform(1, 12) / 24, user, item, "viewed", day)


def _walk(user: str, begin: float, end: float, shelves: _Shelves, rng: np.random.Generator) -> Iterator[_Deed]:
    category, slot = int(rng.integers(shelves.n_ordered)), int(rng.integers(shelves.n_slots))
    rule: Rule = "start"
    day, since = begin + rng.exponential(2.5), begin
    while day < end:
        yield _Deed(day, user, shelves.item(category, slot, day), rule, since)
        since, rule, slot = day, "order", (slot + 1) % shelves.n_slots
        day += 0.5 + rng.exponential(2.5)


def _supplies(
    user: str, item: str, begin: float, end: float, shelves: _Shelves, rng: np.random.Generator
) -> Iterator[_Deed]:
    days = shelves.intervals[item]
    rule: Rule = "start"
    day, since = begin + rng.uniform(0, days), begin
    while day < end:
        yield _Deed(day, user, item, rule, since)
        since, rule = day, "repeat"
        day += days * float(np.clip(rng.normal(1, 0.1), 0.5, 1.5))


def _news(user: str, begin: float, shelves: _Shelves, rng: np.random.Generator) -> Iterator[_Deed]:
    for week in range(int(begin // 7) + 1, shelves.n_weeks):
        if rng.random() < 0.25:
            category, slot = shelves.star(week)
            if rng.random() < 0.5:
                category = int(rng.integers(shelves.n_ordered, shelves.n_categories))
                slot = week % WEEKS_ON_OFFER + WEEKS_ON_OFFER * int(rng.integers(shelves.n_slots // WEEKS_ON_OFFER))
            day = 7 * (week + float(rng.random()) ** 2)
            yield _Deed(day, user, shelves.item(category, slot, day), "new", 7.0 * week)
