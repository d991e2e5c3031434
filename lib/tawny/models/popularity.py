"""Popularity: what everybody took lately. The first answer for a user without a history.

Shapes: U users, I items, N history entries, K list.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, PositiveInt

from tawny.models.base import Arrays, Floats, Histories, Ints, Model


class PopularityConfig(BaseModel):
    """Settings of `Popularity`: items are counted in the last `window_days` before the cutoff; None counts all time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_days: PositiveInt | None = 30


class Popularity(Model):
    """The same score for every user: the item's count in the window; items without one follow, by all-time count."""

    name = "popularity"
    config_class = PopularityConfig

    def __init__(self, item_scores: Floats, settings: PopularityConfig) -> None:
        """`item_scores` is float32 [I], -inf for the items that nobody ever took."""
        self.item_scores = item_scores
        self.settings = settings

    @classmethod
    def from_counts(cls, windowed: Floats, all_time: Floats, settings: PopularityConfig) -> Self:
        """The model from two counts per item, float32 [I]: in the window, and ever."""
        seen = windowed > 0
        lowest = windowed[seen].min() if seen.any() else np.float32(1)
        below = all_time * (lowest / (all_time.max(initial=0) + 1))
        scores = np.where(seen, windowed, np.where(all_time > 0, below, -np.inf))
        return cls(scores.astype(np.float32), settings)

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: PopularityConfig) -> Self:
        """The model from histories in one process."""
        inside = users.ages_days <= (np.inf if settings.window_days is None else settings.window_days)
        windowed = np.bincount(users.items, users.weights * inside, n_items).astype(np.float32)
        all_time = np.bincount(users.items, users.weights, n_items).astype(np.float32)
        return cls.from_counts(windowed, all_time, settings)

    def score(self, users: Histories) -> Floats:
        """float32 [U, I], every row the same."""
        return np.tile(self.item_scores, (users.n_users, 1))

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K] of zeros: nothing this user did is the reason."""
        return np.zeros((len(users.items), items.shape[1]), np.float32)

    def arrays(self) -> Arrays:
        """item_scores float32 [I]."""
        return {"item_scores": self.item_scores}

    def config(self) -> dict[str, Any]:
        """The settings."""
        return self.settings.model_dump(mode="json")

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The model that `config()` and `arrays()` came from."""
        return cls(arrays["item_scores"], PopularityConfig(**config))
