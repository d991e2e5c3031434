"""Settings that counting models share, and those that their training jobs share."""

from typing import Self

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from tawny.core.settings import Settings
from tawny.evaluation.settings import TuningSettings, check_axes


class CountingModelSettings(Settings):
    """How a counting model treats frequent items and old entries. Each model has its own defaults for the first three.

    Attributes:
        source_damping: a pair's sum is divided by the past item's number of users to this power ...
        target_damping: ... and by the listed item's to this one; cosine has both at 0.5, 0 favours the popular.
        shrinkage: added to both numbers of users, so that rare items do not look alike by chance.
        position_power: an entry with f newer ones after it weighs (1 + f) ** -position_power.
        half_life_days: an entry this old counts half; None: age does not count.
        trend_half_life_days: in fitting, an event this old counts half; None: age does not count.
    """

    source_damping: NonNegativeFloat
    target_damping: NonNegativeFloat
    shrinkage: NonNegativeFloat
    position_power: NonNegativeFloat = 1.0
    half_life_days: PositiveFloat | None = None
    trend_half_life_days: PositiveFloat | None = None


class CountingSettings(Settings):
    """Settings of a job that trains a counting model; the job gives `model` and `tuning` their class and defaults.

    Attributes:
        model: the model's settings, and where the search for better ones starts.
        tuning: the search, on half of the validation rows.
        n_tasks: tasks that share the users, then the rows of the matrix.
    """

    model: Settings
    tuning: TuningSettings
    n_tasks: PositiveInt = 4

    @model_validator(mode="after")
    def _axes_must_fit_the_model(self) -> Self:
        check_axes(self.tuning, self.model)
        return self
