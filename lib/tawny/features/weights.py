"""What an event says about its user and its item, as columns (core.config.EventSettings)."""

from collections.abc import Collection
from itertools import chain

from pyspark.sql import Column
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, EVENT_TYPE, VALUE, EventType
from tawny.core.config import EventSettings
from tawny.features.labelled import age_days

STEPS_PER_UNIT = 1 << 24


def event_weight(settings: EventSettings) -> Column:
    """double, the weight of the event's type; a rating below `min_rating` weighs as much against its item.

    A rating without a value is not below it.
    """
    weight = F.element_at(_by_type(settings.weights), F.col(EVENT_TYPE))
    if settings.min_rating is None:
        return weight
    is_low = (F.col(EVENT_TYPE) == "rating") & F.coalesce(F.col(VALUE) < settings.min_rating, F.lit(False))
    return F.when(is_low, -F.abs(weight)).otherwise(weight)


def decayed_weight(settings: EventSettings) -> Column:
    """double, `event_weight` halved for every `half_life_days` between the event and `as_of_ts`."""
    if settings.half_life_days is None:
        return event_weight(settings)
    return quantised(event_weight(settings) * F.pow(F.lit(0.5), age_days() / F.lit(settings.half_life_days)))


def quantised(value: Column) -> Column:
    """The value rounded to a multiple of 2**-24: sums of such numbers are exact, whatever order Spark adds them in."""
    return F.round(value * STEPS_PER_UNIT) / STEPS_PER_UNIT


def is_seen(settings: EventSettings, seen_types: Collection[str]) -> Column:
    """boolean, the event excludes its item from the list that its user gets as of `as_of_ts`.

    Args:
        settings: how long an event of a type excludes its item.
        seen_types: the night's (core.split.NightSplit).
    """
    seen = F.col(EVENT_TYPE).isin(*seen_types)
    if not settings.seen_max_age_days:
        return seen
    oldest = F.element_at(_by_type(settings.seen_max_age_days), F.col(EVENT_TYPE))
    return seen & F.coalesce(age_days() <= oldest, F.lit(True))


def relation(weight: Column) -> Column:
    """double, over the events of a user with an item: the sum of weights, or of the negative ones if the last is negative.

    A user who put an item in the cart and then hid it does not want it, whatever the sum; for a user who hid it and then
    bought it the sum counts. At equal times the negative event counts as the later one.
    """
    ts = F.col(EVENT_TS)
    is_refused = F.max(F.when(weight < 0, ts)) >= F.max(F.when(weight > 0, ts))
    return F.when(is_refused, F.sum(F.least(weight, F.lit(0.0)))).otherwise(F.sum(weight))


def _by_type(values: dict[EventType, float]) -> Column:
    return F.create_map(*(F.lit(part) for part in chain.from_iterable((kind, float(v)) for kind, v in values.items())))
