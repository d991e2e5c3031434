"""Settings of item neighbours."""

from pydantic import NonNegativeFloat, PositiveInt

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
