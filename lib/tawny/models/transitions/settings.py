"""Settings of transitions, and what their tuning tries."""

from pydantic import NonNegativeFloat, PositiveInt

from tawny.evaluation.settings import Axes, TuningSettings
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


class TransitionsTuning(TuningSettings):
    """How the settings of `Transitions` are found."""

    axes: Axes = (
        tuple({"position_power": power} for power in (0.5, 2.0)),
        tuple({"window": entries} for entries in (1, 5, 30)),
        tuple({"source_damping": power} for power in (0.5, 1.0)),
        tuple({"target_damping": power} for power in (0.0, 0.5)),
        tuple({"backward_weight": share} for share in (0.0, 0.3, 1.0)),
        tuple({"gap_power": power} for power in (0.4, 1.2)),
        tuple({"trend_half_life_days": days} for days in (365.0, 60.0)),
        tuple({"shrinkage": users} for users in (0.0, 5.0, 60.0)),
        tuple({"half_life_days": days} for days in (90.0, 14.0)),
    )
