"""Settings of repeats."""

from typing import Annotated, Self

from pydantic import BeforeValidator, PositiveFloat

from tawny.core.columns import EventType
from tawny.core.settings import Settings, as_tuple
from tawny.core.split import NightSplit


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

    def asked(self, split: NightSplit) -> Self:
        """With the targets and the horizon of a night's split, where they are not set."""
        horizon = split.folds["validation"].horizon_days or self.horizon_days
        chosen = {"targets": tuple(split.targets), "horizon_days": float(horizon)}
        return self.model_copy(update={name: one for name, one in chosen.items() if name not in self.model_fields_set})
