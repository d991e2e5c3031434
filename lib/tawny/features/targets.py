"""What a list is for: the event types that are answers, and the items that it leaves out."""

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, EVENT_TYPE, ITEM_ID, USER_ID, EventType
from tawny.core.config import NightSettings
from tawny.features.splits.mornings import days_by_type
from tawny.features.splits.windows import Day, choose_windows

Targets = dict[EventType, float]
"""The value of an answer by event type, above 0."""

_BY_VALUE: tuple[EventType, ...] = ("purchase", "cart", "like", "play", "rating", "click", "view", "impression")
"""From the most valuable; the types of one line of business stand in this order in all shops and players we know."""

_REPEATABLE: tuple[EventType, ...] = ("purchase", "cart", "play")
_SHARE_TO_LIST = 0.05


def choose_targets(events: DataFrame, settings: NightSettings) -> Targets:
    """The value of an answer by event type: as set, else of the most valuable type of which both windows have enough.

    Where no type has enough, it is the one with most answers.

    Args:
        events: the informative ones before the cutoff.
        settings: targets, weights, and what is enough.
    """
    return targets_of(lambda kinds: days_by_type(events, kinds), settings)


def targets_of(count: Callable[[Sequence[EventType]], Mapping[str, Sequence[Day]]], settings: NightSettings) -> Targets:
    """`choose_targets`, whoever counts the days.

    Args:
        count: from event types to the days on which a user took an item for the first time by an event of each; asked only
            where the counts decide.
        settings: targets, weights, and what is enough.
    """
    if settings.events.targets is not None:
        return dict(settings.events.targets)
    wanted = [kind for kind in _BY_VALUE if settings.events.weights[kind] > 0]
    days = count(wanted)
    for kind in wanted:
        windows = choose_windows(days.get(kind, []), settings.split)
        if all(window and window.is_enough(settings.split) for window in windows):
            return {kind: 1.0}
    return {max(wanted, key=lambda kind: sum(day.n_answers for day in days.get(kind, []))): 1.0}


def choose_seen_types(
    events: DataFrame, targets: Mapping[EventType, float], settings: NightSettings
) -> tuple[EventType, ...]:
    """The types after which an item is not listed to its user (core.config.EventSettings.seen_types).

    Counted is on how many of the days on which users did what a list is for they had done it with the item before, or
    something else.

    Args:
        events: the informative ones before the cutoff.
        targets: event types.
        settings: seen types, weights.
    """
    return seen_types_of(targets, lambda: _shares(events, tuple(targets)), settings)


def seen_types_of(
    targets: Mapping[EventType, float], shares: Callable[[], tuple[float, float]], settings: NightSettings
) -> tuple[EventType, ...]:
    """`choose_seen_types`, whoever counts the shares.

    Args:
        targets: event types.
        shares: of the days of a user with a target event with an item, that after another such day and that after any
            earlier day; asked only where they decide.
        settings: seen types, weights.
    """
    own = settings.events
    if own.seen_types is not None:
        return own.seen_types
    everything = tuple(kind for kind in own.informative_types if own.weights[kind] != 0)
    if not set(targets) & set(_REPEATABLE) or settings.split.kind != "mornings":
        return everything
    again, seen = shares()
    if again >= _SHARE_TO_LIST:
        return own.negative_types
    if seen >= _SHARE_TO_LIST:
        return tuple(kind for kind in everything if kind in targets or kind in own.negative_types)
    return everything


def _shares(events: DataFrame, targets: tuple[EventType, ...]) -> tuple[float, float]:
    """Of a user's days with a target event with an item: the share after another such day, and after any earlier day."""
    day, is_target = F.to_date(EVENT_TS).alias("day"), F.col(EVENT_TYPE).isin(*targets)
    days = events.groupBy(USER_ID, ITEM_ID, day).agg(F.max(is_target).alias("is_target"))
    taken = F.when(F.col("is_target"), F.col("day"))
    pairs = days.groupBy(USER_ID, ITEM_ID).agg(
        F.count_if("is_target").alias("n"), F.min("day").alias("first"), F.min(taken).alias("taken")
    )
    counted = pairs.where("n > 0").agg(
        F.sum("n").alias("n"), F.sum(F.col("n") - 1).alias("again"),
        F.sum(F.col("n") - (F.col("first") == F.col("taken")).cast("int")).alias("seen"),
    )  # fmt: skip
    row = counted.toArrow().to_pylist()[0]
    return (row["again"] / row["n"], row["seen"] / row["n"]) if row["n"] else (0.0, 0.0)


def target_value(targets: Mapping[EventType, float]) -> Column:
    """double, the value of the event as an answer; 0 where it is none."""
    values = F.create_map(*(F.lit(part) for pair in targets.items() for part in pair))
    return F.coalesce(F.element_at(values, F.col(EVENT_TYPE)), F.lit(0.0))
