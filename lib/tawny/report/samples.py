"""The lists of some users, with what they took lately: to look at, as a user would."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from tawny.core.columns import RUN_DATE
from tawny.core.words import Words
from tawny.lake.base import Conditions
from tawny.publish.wording import Wording, popularity_window
from tawny.report.history import Row
from tawny.tables.catalog import CATALOG
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.sequences import SEQUENCES

if TYPE_CHECKING:  # so that the help of the commands loads no table reader
    from tawny.lake.arrow import ArrowLake

N_USERS = 10
N_ITEMS = 10
"""Of each list."""

N_PAST = 5
"""Of each history, the newest."""

_N_LOOKED_AT = 20_000
"""Rows of the list among which the users are chosen."""


@dataclass(frozen=True)
class SampleItem:
    """A listed item."""

    rank: int
    title: str
    why: str


@dataclass(frozen=True)
class SampleList:
    """A user's list.

    Attributes:
        past: titles of what the user took, the newest first.
        n_past: entries of the whole history.
    """

    user_id: str
    past: Sequence[str]
    n_past: int
    items: Sequence[SampleItem]


def sample_lists(lake: "ArrowLake", run_date: date, list_id: str, words: Words) -> Iterator[SampleList]:
    """The first items of the lists of `N_USERS` users; other users every night, the same for the same night.

    Args:
        lake: the tables.
        run_date, list_id: of the list.
        words: of the reasons.
    """
    of_list: Conditions = ((RUN_DATE, "=", run_date), ("list_id", "=", list_id))
    users = _users(lake, of_list, run_date)
    lists = _rows(lake, RECOMMENDATIONS, (*of_list, ("user_id", "in", users), ("rank", "<=", N_ITEMS)))
    day: Conditions = ((RUN_DATE, "=", run_date),)
    columns = ["user_id", "item_indices"]
    histories = _rows(lake, SEQUENCES, (*day, ("fold", "=", "serve"), ("user_id", "in", users)), columns)
    past = {row["user_id"]: list(row["item_indices"]) for row in histories}
    newest = {user: indices[-N_PAST:][::-1] for user, indices in past.items()}
    by_id, by_index = _titles(lake, day, lists, newest)
    wording = Wording(words, by_id, popularity_window(lake, run_date))
    for user in users:
        rows = sorted((row for row in lists if row["user_id"] == user), key=lambda row: int(row["rank"]))
        items = [SampleItem(row["rank"], wording.title(row["item_id"]), wording.reasons(row)) for row in rows]
        titles = [by_index[index] for index in newest.get(user, ()) if index in by_index]
        yield SampleList(user, titles, len(past.get(user, ())), items)


def _users(lake: "ArrowLake", of_list: Conditions, run_date: date) -> tuple[str, ...]:
    batches = lake.batches(RECOMMENDATIONS, lake.version(RECOMMENDATIONS), of_list, ["user_id"])
    looked_at = islice((user for batch in batches for user in batch["user_id"].to_pylist()), _N_LOOKED_AT)
    chosen = sorted(set(looked_at), key=lambda user: hashlib.sha256(f"{run_date}/{user}".encode()).digest())
    return tuple(chosen[:N_USERS])


def _titles(
    lake: "ArrowLake", day: Conditions, lists: Sequence[Row], newest: Mapping[str, Sequence[int]]
) -> tuple[dict[str, str], dict[int, str]]:
    """Titles (the id where there is none) by item_id, of listed items and of those in reasons; and by index, of the past."""
    ids = {row["item_id"] for row in lists} | {
        reason["item_id"] for row in lists for reason in row["reasons"] if reason["item_id"] is not None
    }
    indices = {index for own in newest.values() for index in own}
    columns = ["item_index", "item_id", "title"]
    found = _rows(lake, CATALOG, (*day, ("item_id", "in", tuple(sorted(ids)))), columns)
    of_past = _rows(lake, CATALOG, (*day, ("item_index", "in", tuple(sorted(indices)))), columns) if indices else []
    by_id = {row["item_id"]: row["title"] or row["item_id"] for row in found}
    return by_id, {row["item_index"]: row["title"] or row["item_id"] for row in of_past}


def _rows(lake: "ArrowLake", spec: Any, where: Conditions, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    batches = lake.batches(spec, lake.version(spec), where, columns)
    return [row for batch in batches for row in batch.to_pylist()]
