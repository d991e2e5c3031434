"""Settings of ALS."""

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from tawny.core.config import Settings


class AlsSettings(Settings):
    """Settings of `Als`.

    Attributes:
        rank: D, factors of a user and of an item.
        iterations: each solves for the item factors, then for the user factors.
        regularisation: lambda; multiplied by a row's number of ratings, as in Spark MLlib.
        alpha: an event of weight w has confidence 1 + alpha * w.
    """

    rank: PositiveInt = 64
    iterations: PositiveInt = 10
    regularisation: PositiveFloat = 0.2
    alpha: NonNegativeFloat = 2.0
