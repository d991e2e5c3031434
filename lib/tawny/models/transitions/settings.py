"""Settings of transitions."""

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from tawny.core.config import Settings


class TransitionsSettings(Settings):
    """Settings of `Transitions`.

    Attributes:
        window: the next entries, up to this many, count as followers.
        gap_power: a follower g entries later counts its event's weight times g ** -gap_power.
        backward_weight: a pair counts this much of its value in the other direction.
        source_damping: a count is divided by the past item's number of users to this power ...
        target_damping: ... and by the follower's to this one; 0 favours the popular.
        shrinkage: added to both numbers of users.
        n_followers: kept per past item.
        position_power: an entry with f newer ones after it weighs (1 + f) ** -position_power.
        half_life_days: an entry this old counts half; None: age does not count.
        trend_half_life_days: in fitting, an event this old counts half; None: age does not count.
    """

    window: PositiveInt = 15
    gap_power: NonNegativeFloat = 0.8
    backward_weight: NonNegativeFloat = 0.1
    source_damping: NonNegativeFloat = 0.8
    target_damping: NonNegativeFloat = 0.25
    shrinkage: NonNegativeFloat = 20.0
    n_followers: PositiveInt = 500
    position_power: NonNegativeFloat = 1.0
    half_life_days: PositiveFloat | None = None
    trend_half_life_days: PositiveFloat | None = None
