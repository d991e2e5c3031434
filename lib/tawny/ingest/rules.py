"""The settings of cleaning. No Spark here, so that a scheduler can read them."""

from datetime import date

from pydantic import Field

from tawny.core.columns import EventType
from tawny.core.config import JobConfig


class IdRules(JobConfig):
    """Rules for ids.

    Attributes:
        max_id_length: in characters.
    """

    max_id_length: int = Field(256, ge=1)


class EventRules(IdRules):
    """Rules for events.

    Attributes:
        floor_date: events before it are refused.
        min_value, max_value: of `value`, both allowed.
        value_ranges: the same by event type, as (min, max), before min_value and max_value.
        max_events_per_user_day: a user with more on a UTC day is a robot on that day. The default is an event every nine
            seconds around the clock; the busiest user of MovieLens has some 700 on a day.
    """

    floor_date: date = date(1990, 1, 1)
    min_value: float = -1e9
    max_value: float = 1e9
    value_ranges: dict[EventType, tuple[float, float]] = {}
    max_events_per_user_day: int = Field(10_000, ge=1)


class ItemRules(IdRules):
    """Rules for items.

    Attributes:
        max_price: in the shop's currency; 0 is the least.
    """

    max_price: float = 1e9


class UserRules(IdRules):
    """Rules for users."""
