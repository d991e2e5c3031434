"""No feature of a fold changes when events at or after the fold's cutoff are added."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from tawny.core.config import EventSettings, NightSettings, SplitSettings
from tawny.features.interactions import holdouts, interactions
from tawny.features.item_features import item_features
from tawny.features.labelled import evaluated_on, labelled, learned_from
from tawny.features.sequences import histories
from tawny.testing.frames import RUN_DAY, event_frame, frame, rows_of
from tawny.testing.strategies import ITEMS, events

SETTINGS = EventSettings(half_life_days=9, seen_max_age_days={"view": 6})
NIGHT = NightSettings(split=SplitSettings(horizon_days=10), events=SETTINGS)
# The same people and items live in three worlds at once, so that one Spark job makes the features of all: world 0 ends at
# the validation cutoff, world 1 at the test cutoff, world 2 at the run's.
WORLDS = (0, 1, 2)
Row = tuple[Any, ...]


def in_worlds(spans: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The events of span n, in every world that reaches as far; an event has the same id in each."""
    for first, span in enumerate(spans):
        for place, row in enumerate(span):
            for world in WORLDS[first:]:
                ids = {name: f"{world}{row[name]}" for name in ("user_id", "item_id")}
                yield {**row, **ids, "event_id": f"{first}-{place}"}


def stages(spark: SparkSession, rows: list[dict[str, Any]]) -> Iterator[tuple[str, DataFrame]]:
    """Every stage's frame of all folds, by name."""
    names = [f"{world}{item}" for world in WORLDS for item in ITEMS]
    catalog = frame(spark, "item_id string, item_index int", *((name, place) for place, name in enumerate(names)))
    events = labelled(event_frame(spark, rows), NIGHT, RUN_DAY)
    past = learned_from(events)
    pairs = interactions(past, catalog, SETTINGS).localCheckpoint()
    yield "interactions", pairs
    yield "histories", histories(past, pairs, catalog, SETTINGS, 5)
    yield "item_features", item_features(past, catalog).join(catalog, "item_index")
    yield "holdouts", holdouts(evaluated_on(events), pairs, catalog, SETTINGS)


def by_world(columns: list[str], rows: list[Row], fold: str) -> dict[int, list[Row]]:
    """The fold's rows of each world, named as if it were the only one."""
    worlds: dict[int, list[Row]] = {world: [] for world in WORLDS}
    owner = columns.index("user_id" if "user_id" in columns else "item_id")
    for row in rows:
        if row[columns.index("fold")] == fold:
            world = int(row[owner][0])
            worlds[world].append(tuple(_renamed(name, value, world) for name, value in zip(columns, row, strict=True)))
    return {world: sorted(own, key=repr) for world, own in worlds.items()}


def _renamed(name: str, value: Any, world: int) -> Any:
    if name in ("user_id", "item_id"):
        return value[1:]
    if name == "item_index":
        return value - world * len(ITEMS)
    return [index - world * len(ITEMS) for index in value] if name == "item_indices" else value


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(spans=st.tuples(events(20.001, 50), events(10.001, 20), events(0.001, 10)).map(list))
def test_added_future_events_change_no_feature_of_a_fold(spark: SparkSession, spans: list[list[dict[str, Any]]]) -> None:
    for name, found in stages(spark, list(in_worlds(spans))):
        rows = rows_of(found)
        validation, test = (by_world(found.columns, rows, fold) for fold in ("validation", "test"))
        # The answers of a fold lie in the window after its cutoff, and must not depend on what comes after that.
        assert validation[1] == validation[2], name
        if name != "holdouts":
            assert validation[0] == validation[1], name
            assert test[1] == test[2], name
