"""Settings of item neighbours."""

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from tawny.core.config import Settings


class ItemNeighboursSettings(Settings):
    """Settings of `ItemNeighbours`.

    Attributes:
        user_damping: a co-occurrence is divided by the user's number of items to this power.
        source_damping: a similarity is divided by the past item's number of users to this power ...
        target_damping: ... and by the listed item's to this one; cosine has both at 0.5, 0 favours the popular.
        shrinkage: added to both numbers of users, so that rare items do not look alike by chance.
        n_neighbours: kept per past item.
        position_power: an entry with f newer ones after it weighs (1 + f) ** -position_power.
        half_life_days: an entry this old counts half; None: age does not count.
        trend_half_life_days: in fitting, an event this old counts half; None: age does not count.
    """

    user_damping: NonNegativeFloat = 1.0
    source_damping: NonNegativeFloat = 0.5
    target_damping: NonNegativeFloat = 0.5
    shrinkage: NonNegativeFloat = 10.0
    n_neighbours: PositiveInt = 500
    position_power: NonNegativeFloat = 1.0
    half_life_days: PositiveFloat | None = None
    trend_half_life_days: PositiveFloat | None = None
