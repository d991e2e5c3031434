"""Settings of popularity."""

from pydantic import PositiveInt

from tawny.core.config import Settings


class PopularitySettings(Settings):
    """Settings of `Popularity`: items are counted in the last `window_days` before the cutoff; None counts all time."""

    window_days: PositiveInt | None = 30
