"""What an event says of its user and its item, as columns (core.config.EventRules)."""

from itertools import chain

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, EVENT_TYPE, VALUE, EventType
from tawny.core.config import EventRules
from tawny.features.folds import age_days

STEPS_PER_UNIT = 1 << 24


def telling(events: DataFrame, rules: EventRules) -> DataFrame:
    """The events of types that have a weight or are seen; by default all but impressions, which are no deed of the user."""
    types = [kind for kind, weight in rules.weights.items() if weight != 0 or kind in rules.seen_types]
    return events.where(F.col(EVENT_TYPE).isin(*types))


def event_weight(rules: EventRules) -> Column:
    """double, the weight of the event's type; 0 for a rating below `min_rating` (one without a value is not below it)."""
    weight = F.element_at(_by_type(rules.weights), F.col(EVENT_TYPE))
    if rules.min_rating is None:
        return weight
    is_low = (F.col(EVENT_TYPE) == "rating") & F.coalesce(F.col(VALUE) < rules.min_rating, F.lit(False))
    return F.when(is_low, 0.0).otherwise(weight)


def decayed_weight(rules: EventRules) -> Column:
    """double, `event_weight` halved for every `half_life_days` between the event and the fold's cutoff."""
    if rules.half_life_days is None:
        return event_weight(rules)
    return in_steps(event_weight(rules) * F.pow(F.lit(0.5), age_days() / F.lit(rules.half_life_days)))


def in_steps(value: Column) -> Column:
    """The value rounded to a multiple of 2**-24: sums of such numbers are exact, whatever order Spark adds them in."""
    return F.round(value * STEPS_PER_UNIT) / STEPS_PER_UNIT


def is_seen(rules: EventRules) -> Column:
    """boolean, the event forbids to list its item to its user on the day after the fold's cutoff."""
    seen = F.col(EVENT_TYPE).isin(*rules.seen_types)
    if not rules.seen_max_age_days:
        return seen
    oldest = F.element_at(_by_type(rules.seen_max_age_days), F.col(EVENT_TYPE))
    return seen & F.coalesce(age_days() <= oldest, F.lit(True))


def relation(weight: Column) -> Column:
    """double, over the events of a user with an item: the sum of weights, or of the negative ones if they came last.

    Who put an item in the cart and hid it afterwards does not want it, however the sum stands; who hid it and bought it
    afterwards is judged by the sum. At equal instants a refusal is taken to be the later.
    """
    ts = F.col(EVENT_TS)
    is_refused = F.max(F.when(weight < 0, ts)) >= F.max(F.when(weight > 0, ts))
    return F.when(is_refused, F.sum(F.least(weight, F.lit(0.0)))).otherwise(F.sum(weight))


def _by_type(values: dict[EventType, float]) -> Column:
    return F.create_map(*(F.lit(part) for part in chain.from_iterable((kind, float(v)) for kind, v in values.items())))
