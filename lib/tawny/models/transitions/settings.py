"""Settings of transitions."""

from pydantic import NonNegativeFloat, PositiveInt

from tawny.models.counting.settings import CountingModelSettings


class TransitionsSettings(CountingModelSettings):
    """Settings of `Transitions`.

    Attributes:
        window: the next entries, up to this many, count as followers.
        gap_power: a follower g entries later counts its event's weight times g ** -gap_power.
        backward_weight: a pair counts this much of its value in the other direction.
        n_followers: kept per past item.
    """

    window: PositiveInt = 15
    gap_power: NonNegativeFloat = 0.8
    backward_weight: NonNegativeFloat = 0.1
    source_damping: NonNegativeFloat = 0.8
    target_damping: NonNegativeFloat = 0.25
    shrinkage: NonNegativeFloat = 20.0
    n_followers: PositiveInt = 500
