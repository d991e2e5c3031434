"""Settings of repeats."""

from typing import Annotated

from pydantic import BeforeValidator, PositiveFloat

from tawny.core.columns import EventType
from tawny.core.config import Settings, as_tuple


class RepeatsSettings(Settings):
    """Settings of `Repeats`.

    Attributes:
        targets: the event types that the list is for; without any, every type is one.
        horizon_days: the score is the chance of a target event within so many days.
        shrinkage: a rate, an interval or a tendency counts as if so many events had agreed with the more general one: an
            item's with its category's, and a category's with that of all items.
    """

    targets: Annotated[tuple[EventType, ...], BeforeValidator(as_tuple)] = ()
    horizon_days: PositiveFloat = 1.0
    shrinkage: PositiveFloat = 5.0
