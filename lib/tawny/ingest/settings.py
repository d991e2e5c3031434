"""The settings of cleaning. This file needs no Spark, so that a scheduler can read it."""

from datetime import date
from typing import Literal

from pydantic import Field

from tawny.core.columns import EventType
from tawny.core.settings import Settings


class IngestSettings(Settings):
    """What holds for events, items and users alike.

    Attributes:
        max_id_length: in characters; a longer id is refused.
        accept_unterminated: whether the last row of a text file counts although it has no line end. The row may have been
            cut (129.99 to 12), so it is refused; once the whole file is delivered, it is accepted. A JSON object is whole.
        max_refused_share: of the rows of a file, or of all files; where more are refused, nothing is written and the night
            stops. Duplicates and superseded rows do not count. A wrong column or unit refuses nearly
            all rows, bad data a few; with more than half refused, the file is not what it was declared to be.
        min_rows_to_judge: a file with fewer rows, or all files with fewer together, cannot stop the night.
        max_taken_back_share: of the accepted events of a file that changed under its name, so that the new content replaces
            what was read of it; where more are not in it any more, nothing is written and the night stops. A day's events
            under the name of the day before are no correction. Of a snapshot, the share of what was known that is not in it.
    """

    max_id_length: int = Field(256, ge=1)
    accept_unterminated: bool = False
    max_refused_share: float = Field(0.5, ge=0.0, le=1.0)
    min_rows_to_judge: int = Field(20, ge=1)
    max_taken_back_share: float = Field(0.5, ge=0.0, le=1.0)


class IngestEventsSettings(IngestSettings):
    """Which events are accepted.

    Attributes:
        floor_date: events before it are refused.
        min_value, max_value: of `value`, both allowed.
        negative_purchases: a purchase with a value below 0 is a refund; it is refused, or counts as a purchase. The purchase
            that it takes back counts until its own row is corrected (`event_id` in [[files]]).
        value_ranges: the same by event type, as (min, max); overrides min_value and max_value.
        max_events_per_user_day: a user with more on a UTC day is a robot on that day. The default is an event every nine
            seconds around the clock; the busiest user of MovieLens has some 700 on a day.
    """

    floor_date: date = date(1990, 1, 1)
    min_value: float = -1e9
    max_value: float = 1e9
    negative_purchases: Literal["refuse", "accept"] = "refuse"
    value_ranges: dict[EventType, tuple[float, float]] = {}
    max_events_per_user_day: int = Field(10_000, ge=1)


class IngestItemsSettings(IngestSettings):
    """Which items are accepted.

    Attributes:
        max_price: in the shop's currency; a price must be from 0 to it.
    """

    max_price: float = 1e9


class IngestUsersSettings(IngestSettings):
    """Which users are accepted."""


class OneFileSettings(Settings):
    """Which landed file is taken back or read again.

    Attributes:
        file: its path below landing, or the first digits of its digest, as landings_v1 has them.
    """

    file: str = ""
