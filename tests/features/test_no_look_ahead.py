"""No feature of a fold changes when events, descriptions or attributes of after the fold's cutoff are added."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from tawny.core.columns import FOLDS
from tawny.core.config import EventSettings, NightSettings
from tawny.features.catalog import catalog
from tawny.features.interactions import Night, holdouts, interactions
from tawny.features.item_features import item_features
from tawny.features.labelled import asked_about, before_mornings, before_rows, fold_cutoffs, labelled, learned_from
from tawny.features.sequences import sequence_rows, sequences
from tawny.features.user_features import user_features
from tawny.testing.frames import RUN_DAY, event, event_frame, frame, rows_of, split_of
from tawny.testing.strategies import ITEMS, USERS, events

SETTINGS = EventSettings(half_life_days=9, seen_max_age_days={"view": 6})
SPLIT = split_of()
NIGHT = Night(NightSettings(events=SETTINGS), SPLIT)
# The same people and items live in three worlds at once, so that one Spark job makes the features of all: world 0 ends at
# the validation cutoff, world 1 at the test cutoff, world 2 at the run's.
WORLDS = (0, 1, 2)
SCHEMAS = {
    "items": "item_id string, known_from date, title string, categories array<string>, price double, "
    "available_from timestamp, available_until timestamp",
    "users": "user_id string, known_from date, attributes map<string,string>",
}
INDICES = ("item_index", "item_indices", "seen_indices")
Row = dict[str, Any]


def described(key: str, ids: tuple[str, ...], days: tuple[int, int], **more: st.SearchStrategy[Any]) -> Any:
    """Lists of descriptions known from between `days` before RUN_DAY, at most one per id and day."""
    known_from = st.integers(*days).map(lambda n: (RUN_DAY - timedelta(days=n)).date())
    one = st.fixed_dictionaries({key: st.sampled_from(ids), "known_from": known_from, **more})
    return st.lists(one, max_size=5, unique_by=lambda row: (row[key], row["known_from"]))


def span(min_days: int, max_days: int) -> Any:
    """What becomes known in these days: events, items and users. A description may be of any time."""
    bounds = st.one_of(st.none(), st.integers(-5, 45).map(lambda n: RUN_DAY - timedelta(days=n)))
    names = st.lists(st.sampled_from(("x", "y", "z")), max_size=2)
    item = {
        "title": st.none(), "categories": names, "price": st.none(), "available_from": bounds, "available_until": bounds,
    }  # fmt: skip
    user = {"attributes": st.dictionaries(st.sampled_from(("age", "n_orders")), st.sampled_from(("1", "30", "b")))}
    # An event on the cutoff comes after it, a description of the cutoff's day before it.
    known = (min_days, max_days - 1)
    return st.fixed_dictionaries(
        {
            "events": events(min_days + 0.001, max_days),
            "items": described("item_id", ITEMS, known, **item),
            "users": described("user_id", USERS, known, **user),
        }
    )


def in_worlds(spans: list[dict[str, list[Row]]], kind: str) -> Iterator[Row]:
    """The rows of span n, in every world that reaches as far; an event has the same id in each."""
    for first, rows in enumerate(spans):
        for place, row in enumerate(rows[kind]):
            for world in WORLDS[first:]:
                ids: Row = {name: f"{world}{row[name]}" for name in ("user_id", "item_id") if name in row}
                yield {**row, **ids, **({"event_id": f"{first}-{place}"} if kind == "events" else {})}


def stages(spark: SparkSession, spans: list[dict[str, list[Row]]]) -> Iterator[tuple[str, list[Row]]]:
    """Every stage's rows of all folds, by name, with item ids instead of numbers."""
    came = event_frame(spark, list(in_worlds(spans, "events")))
    items, users = (
        frame(spark, SCHEMAS[kind], *(_values(row, kind) for row in in_worlds(spans, kind))) for kind in ("items", "users")
    )
    numbered = catalog(items, came, RUN_DAY).localCheckpoint()
    cutoffs, shown = fold_cutoffs(came, SPLIT).localCheckpoint(), labelled(came, NIGHT.settings, SPLIT)
    past = learned_from(shown, SPLIT)
    pairs = interactions(past, numbered, SETTINGS).localCheckpoint()
    asked = asked_about(shown, SPLIT)
    answers = holdouts(asked, lambda rows: before_mornings(shown, rows, SPLIT), numbered, NIGHT).localCheckpoint()
    rows = sequence_rows(users, came, pairs, answers, SPLIT).localCheckpoint()
    entries = sequences(rows, before_rows(shown, rows, SPLIT), numbered, NIGHT, 5).localCheckpoint()
    everybody = frame(
        spark, "fold string, user_id string", *((fold, f"{w}{user}") for fold in FOLDS for w in WORLDS for user in USERS)
    )
    made = {
        "interactions": pairs,
        "item_features": item_features(past, items, numbered, cutoffs, SETTINGS),
        "user_features": user_features(everybody, users, cutoffs, 4),
        "holdouts": answers,
        "sequences": entries,
    }
    names = dict(rows_of(numbered, "item_index", "item_id"))
    for name, found in made.items():
        yield name, [_named(dict(zip(found.columns, row, strict=True)), names) for row in rows_of(found)]


def _values(row: Row, kind: str) -> tuple[Any, ...]:
    return tuple(row[column.split()[0]] for column in SCHEMAS[kind].split(", "))


def _named(row: Row, names: dict[int, str]) -> Row:
    named = {
        column: [names[index] for index in row[column]] if isinstance(row[column], list) else names[row[column]]
        for column in INDICES
        if column in row
    }
    return row | named


def by_world(rows: list[Row], fold: str) -> dict[int, list[str]]:
    """What the fold knows in each world, named as if it were the only one; without items of which it knows nothing."""
    worlds: dict[int, list[str]] = {world: [] for world in WORLDS}
    for row in rows:
        if row["fold"] == fold and any(value for column, value in row.items() if column not in ("fold", "item_index")):
            world = int(row["user_id" if "user_id" in row else "item_index"][0])
            worlds[world].append(repr({column: _renamed(column, value) for column, value in row.items()}))
    return {world: sorted(own) for world, own in worlds.items()}


def _renamed(column: str, value: Any) -> Any:
    if column not in ("user_id", "item_id", *INDICES):
        return value
    return [name[1:] for name in value] if isinstance(value, list) else value[1:]


def _item(item_id: str, days: int, categories: list[str], until_days: int | None) -> Row:
    until = None if until_days is None else RUN_DAY - timedelta(days=until_days)
    row = {"title": None, "categories": categories, "price": None, "available_from": None, "available_until": until}
    return {"item_id": item_id, "known_from": (RUN_DAY - timedelta(days=days)).date(), **row}


def _user(user_id: str, days: int, age: str) -> Row:
    return {"user_id": user_id, "known_from": (RUN_DAY - timedelta(days=days)).date(), "attributes": {"age": age}}


# By span: item a changes its categories, c ends, and b, by an event, and d, by a description, become known. User u changes
# its age, w is described after its first event, and v by its last.
NEWS: list[dict[str, list[Row]]] = [
    {
        "events": [event("u", "a", "view", 30)],
        "items": [_item("a", 30, ["x"], None), _item("c", 30, [], None)],
        "users": [_user("u", 30, "30")],
    },
    {
        "events": [event("u", "b", "view", 15), event("w", "a", "view", 15), event("v", "b", "view", 15)],
        "items": [_item("a", 15, ["y"], None), _item("c", 15, [], 25)],
        "users": [_user("u", 15, "60")],
    },
    {
        "events": [event("v", "a", "view", 5)],
        "items": [_item("d", 5, ["z"], None), _item("b", 5, ["z"], 30)],
        "users": [_user("w", 5, "30"), _user("v", 0, "30")],
    },
]


@example(spans=NEWS)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(spans=st.tuples(span(20, 50), span(10, 20), span(0, 10)).map(list))
def test_what_becomes_known_later_changes_nothing_in_a_fold(spark: SparkSession, spans: list[dict[str, list[Row]]]) -> None:
    for name, rows in stages(spark, spans):
        validation, test = (by_world(rows, fold) for fold in ("validation", "test"))
        # The answers of a fold, and so the users it makes lists for, lie in the window after its cutoff, and must not depend
        # on what comes after that.
        assert validation[1] == validation[2], name
        if name not in ("holdouts", "sequences"):
            assert validation[0] == validation[1], name
            assert test[1] == test[2], name


def test_the_worlds_tell_a_fold_that_looks_ahead_from_one_that_does_not() -> None:
    rows: list[Row] = [{"fold": "test", "item_index": f"{world}a", "is_listable": world == 2} for world in WORLDS]
    found = by_world(rows, "test")
    assert found[0] == found[1] == [] and found[2] == ["{'fold': 'test', 'item_index': 'a', 'is_listable': True}"]
