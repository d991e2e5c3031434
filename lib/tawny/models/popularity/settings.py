"""Settings of popularity, and what its tuning tries."""

from pydantic import PositiveInt

from tawny.core.settings import Settings
from tawny.evaluation.settings import Axes, TuningSettings


class PopularitySettings(Settings):
    """Settings of `Popularity`.

    Attributes:
        window_days: items are counted in so many last days before the cutoff (7, 30 or 90); none counts all time.
    """

    window_days: PositiveInt | None = 30


class PopularityTuning(TuningSettings):
    """How the window is found."""

    axes: Axes = (tuple({"window_days": days} for days in (7, 90, None)),)


class TrainPopularitySettings(Settings):
    """How popularity is fitted, and how its window is found.

    Attributes:
        model: the model's settings, and where the search starts.
        tuning: the search, on half of the validation rows.
    """

    model: PopularitySettings = PopularitySettings()
    tuning: PopularityTuning = PopularityTuning()
