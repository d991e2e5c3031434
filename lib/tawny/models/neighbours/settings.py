"""Settings of item neighbours, and what their tuning tries."""

from pydantic import NonNegativeFloat, PositiveInt

from tawny.evaluation.settings import Axes, TuningSettings
from tawny.models.counting.settings import CountingModelSettings


class ItemNeighboursSettings(CountingModelSettings):
    """Settings of `ItemNeighbours`.

    Attributes:
        user_damping: a co-occurrence is divided by the user's number of items to this power.
        n_neighbours: kept per past item.
    """

    user_damping: NonNegativeFloat = 1.0
    source_damping: NonNegativeFloat = 0.5
    target_damping: NonNegativeFloat = 0.5
    shrinkage: NonNegativeFloat = 10.0
    n_neighbours: PositiveInt = 500


class NeighboursTuning(TuningSettings):
    """How the settings of `ItemNeighbours` are found."""

    axes: Axes = (
        tuple({"position_power": power} for power in (0.0, 0.5, 2.0)),
        tuple({"source_damping": source, "target_damping": target}
              for source in (0.5, 1.0) for target in (0.3, 0.5, 0.7)),
        tuple({"shrinkage": users} for users in (0.0, 3.0, 30.0, 100.0)),
        tuple({"trend_half_life_days": days} for days in (365.0, 90.0, 30.0)),
        tuple({"user_damping": power} for power in (0.5, 1.5)),
        tuple({"position_power": power} for power in (0.25, 0.75, 1.5, 3.0)),
        tuple({"half_life_days": days} for days in (90.0, 14.0)),
        tuple({"source_damping": source} for source in (0.3, 0.7, 0.9)),
        tuple({"target_damping": target} for target in (0.2, 0.4, 0.6)),
    )  # fmt: skip
