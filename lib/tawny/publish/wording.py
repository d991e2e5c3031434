"""The reasons of recommendations_v2 in words: the one place where they are told, in any language (core/words.py)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tawny.core.words import Words
from tawny.lake.base import Conditions, Lake
from tawny.tables.catalog import CATALOG
from tawny.tables.models import MODELS

Row = Mapping[str, Any]
"""A row of recommendations_v2."""

_MAX_ITEMS = 20_000_000
_MAX_CHUNKS = 1_000


@dataclass(frozen=True)
class Wording:
    """Tells reasons.

    Attributes:
        words: of a language.
        titles: by item_id; an item without one is named by its id.
        window_days: of what popularity counted, the last so many days; None: all.
    """

    words: Words
    titles: Mapping[str, str | None]
    window_days: int | None = None

    def title(self, item_id: str) -> str:
        """What the item is called."""
        return self.titles.get(item_id) or item_id

    def reasons(self, row: Row) -> str:
        """Why the row's item is listed; empty where it has no reason.

        Past items come first, by what the user did with them, then what the item is popular in. That a source chose the item
        is said only where there is nothing else to say.

        >>> from tawny.core.words import ENGLISH
        >>> reasons = [{"source": "als", "item_id": "7"}, {"source": "popularity", "item_id": None}]
        >>> event = {"event_type": "purchase", "event_date": date(2026, 5, 3), "category": None}
        >>> other = {"event_type": None, "event_date": None, "category": None}
        >>> row = {"item_id": "1", "run_date": date(2026, 6, 1), "reasons": reasons, "details": [event, other]}
        >>> Wording(ENGLISH, {"7": "Rake"}, 30).reasons(row)
        'you bought Rake (3 May); popular in the last 30 days'
        """
        details = row.get("details") or [None] * len(row["reasons"])
        pairs = list(zip(row["reasons"], details, strict=True))
        said = [*self._past(row, pairs), *self._popular(pairs)]
        return self.words.semicolon.join(said) or (self.words.chosen if pairs else "")

    def _past(self, row: Row, pairs: Sequence[tuple[Row, Row | None]]) -> Iterator[str]:
        """What the user did with past items, each thing done once; a title that occurs again is left out."""
        by_verb: dict[str, list[tuple[str, str]]] = {}
        named: set[str] = set()
        for reason, detail in pairs:
            if reason["item_id"] is None:
                continue
            is_itself = self.title(reason["item_id"]).casefold() == self.title(row["item_id"]).casefold()
            title = self.words.itself if is_itself else self.title(reason["item_id"])
            known = detail or {"event_type": None, "event_date": None}
            if title.casefold() not in named:
                day = self._day(known["event_date"], row["run_date"])
                by_verb.setdefault(known["event_type"] or "past", []).append((title, day))
                named.add(title.casefold())
        for verb, dated in by_verb.items():
            yield str(getattr(self.words, verb)).format(items=self._items(dated))

    def _items(self, dated: Sequence[tuple[str, str]]) -> str:
        """The past items of one verb, each with its day, or all with the day that they have in common."""
        days = {day for _, day in dated}
        if len(days) == 1:
            return self._with_day(self._joined([title for title, _ in dated]), *days)
        return self._joined([self._with_day(title, day) for title, day in dated])

    def _joined(self, items: Sequence[str]) -> str:
        *others, last = items
        return self.words.last_comma.join([self.words.comma.join(others), last] if others else [last])

    def _with_day(self, text: str, day: str) -> str:
        return self.words.dated.format(item=text, day=day) if day else text

    def _popular(self, pairs: Sequence[tuple[Row, Row | None]]) -> Iterator[str]:
        """What the item is popular in: its category, or else all that popularity counted."""
        categories = [detail["category"] for _, detail in pairs if detail and detail["category"]]
        if categories:
            yield self.words.popular_in.format(category=categories[0])
        elif any(reason["item_id"] is None and reason["source"] == "popularity" for reason, _ in pairs):
            yield self.words.popular_days.format(days=self.window_days) if self.window_days else self.words.popular

    def _day(self, day: date | None, list_date: date) -> str:
        """The day in words; empty where it is not known."""
        if day is None:
            return ""
        template = self.words.date_this_year if day.year == list_date.year else self.words.date
        return template.format(year=day.year, month=self.words.months[day.month - 1], day=day.day)


def titles_of(lake: Lake[Any], run_date: date) -> dict[str, str | None]:
    """The titles of that day's catalog, by item_id; empty where the catalog is no longer kept."""
    catalog = lake.read_arrow(CATALOG, lake.version(CATALOG), (("run_date", "=", run_date),), _MAX_ITEMS)
    return dict(zip(catalog["item_id"].to_pylist(), catalog["title"].to_pylist(), strict=True))


def popularity_window(lake: Lake[Any], run_date: date) -> int | None:
    """How many days popularity counted, according to the model of the day's lists; None: all, or no such model is kept."""
    where: Conditions = (
        ("run_date", "=", run_date),
        ("model", "=", "popularity"),
        ("fold", "=", "serve"),
        ("file", "=", "config.json"),
    )
    rows = lake.read_arrow(MODELS, lake.version(MODELS), where, _MAX_CHUNKS).to_pylist()
    text = b"".join(row["payload"] for row in sorted(rows, key=lambda row: int(row["chunk"])))
    found: int | None = json.loads(text)["config"]["window_days"] if text else None
    return found
