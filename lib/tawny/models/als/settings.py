"""Settings of ALS, and what its tuning tries."""

from typing import Self

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from tawny.core.settings import Settings
from tawny.evaluation.settings import Axes, TuningSettings, check_axes


class AlsSettings(Settings):
    """Settings of `Als`.

    Attributes:
        rank: D, factors of a user and of an item.
        iterations: each solves for the item factors, then for the user factors.
        regularisation: a row's squared factors cost this times the row's total confidence, so it means the same for rows
            with few events and with many, and for few users and many.
        alpha: an item of weight w has confidence 1 + alpha * w ** weight_power; every other item has confidence 1.
        weight_power: 1 takes weights as they are, 0.5 damps large ones, 0 counts only whether there is one.
        position_power: where a user is folded in, an entry with f newer ones after it counts (1 + f) ** -position_power.
    """

    rank: PositiveInt = 64
    iterations: PositiveInt = 10
    regularisation: PositiveFloat = 0.002
    alpha: PositiveFloat = 4.0
    weight_power: NonNegativeFloat = 1.0
    position_power: NonNegativeFloat = 0.0


class AlsTuning(TuningSettings):
    """How the settings of `Als` are found."""

    axes: Axes = (
        tuple({"position_power": power} for power in (0.25, 0.5, 1.0)),
        tuple({"alpha": alpha} for alpha in (1.0, 16.0, 64.0)),
        tuple({"rank": rank} for rank in (32, 128)),
        tuple({"regularisation": value} for value in (0.0005, 0.001, 0.004)),
        tuple({"alpha": alpha} for alpha in (0.5, 2.0, 8.0, 32.0, 128.0)),
        tuple({"weight_power": power} for power in (0.0, 0.5)),
        tuple({"position_power": power} for power in (0.0, 0.75, 1.5)),
        ({"rank": 256},),
        tuple({"regularisation": value} for value in (0.00025, 0.008)),
    )
    budget_minutes: PositiveFloat = 4.0


class TrainAlsSettings(Settings):
    """How ALS is fitted, and how its settings are found.

    Attributes:
        model: the model's settings, and where the search for better ones starts.
        tuning: the search, on half of the validation rows.
        max_users: with more users, a sample of so many gives the item factors. One process holds what they took: at 100
            items each, a million users are some 2 GB.
        n_threads: threads of the fit; the model is the same with any number. Default: all cores.
    """

    model: AlsSettings = AlsSettings()
    tuning: AlsTuning = AlsTuning()
    max_users: PositiveInt = 1_000_000
    n_threads: PositiveInt | None = None

    @model_validator(mode="after")
    def _axes_must_fit_the_model(self) -> Self:
        check_axes(self.tuning, self.model)
        return self
