"""Popularity: the items that most users took recently. It serves users without a history.

Shapes: U users, I items, N history entries, K list.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

import numpy as np
import pyarrow as pa

from tawny.core.arrays import Arrays, Floats, Histories, Ints, scattered
from tawny.core.columns import Fold
from tawny.evaluation.tuning import Tuned, enough_candidates, tune
from tawny.evaluation.validate import ValidationSample
from tawny.models.base import Model, gathered
from tawny.models.popularity.settings import PopularitySettings, TrainPopularitySettings

WINDOW_COLUMNS: dict[int | None, str] = {30: "n_events_30d", 7: "n_events_7d", 90: "n_events_90d", None: "n_events"}
"""window_days -> the column of item_features_v2 that counts that window."""


class Popularity(Model):
    """The same score for every user: the item's count in the window; items not taken in it follow, by all-time count."""

    name = "popularity"
    settings_class = PopularitySettings
    reasons = "none"
    settings: PopularitySettings

    def __init__(self, item_scores: Floats, settings: PopularitySettings) -> None:
        """`item_scores` is float32 [I], -inf for the items that nobody ever took."""
        self.item_scores = item_scores
        self.settings = settings

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: PopularitySettings, rng: np.random.Generator) -> Self:
        """The model from histories in one process; nothing is random."""
        inside = users.ages_days <= (np.inf if settings.window_days is None else settings.window_days)
        windowed = np.bincount(users.items, users.weights * inside, n_items).astype(np.float32)
        all_time = np.bincount(users.items, users.weights, n_items).astype(np.float32)
        return cls.from_counts(windowed, all_time, settings)

    @classmethod
    def from_features(cls, features: pa.Table, n_items: int, settings: PopularitySettings) -> Self:
        """The model from the rows of item_features_v2 of one fold; `window_days` must be a key of WINDOW_COLUMNS."""
        columns = WINDOW_COLUMNS[settings.window_days], WINDOW_COLUMNS[None]
        windowed, all_time = (scattered(features["item_index"], features[name], n_items, np.float32) for name in columns)
        return cls.from_counts(windowed, all_time, settings)

    @classmethod
    def from_counts(cls, windowed: Floats, all_time: Floats, settings: PopularitySettings) -> Self:
        """The model from two counts per item, float32 [I]: in the window, and ever."""
        is_recent = windowed > 0
        lowest = windowed[is_recent].min() if is_recent.any() else np.float32(1)
        below_lowest = all_time * (lowest / (all_time.max(initial=0) + 1))
        scores = np.where(is_recent, windowed, np.where(all_time > 0, below_lowest, -np.inf))
        return cls(scores.astype(np.float32), settings)

    def score(self, users: Histories) -> Floats:
        """float32 [U, I], every row the same."""
        return np.tile(self.item_scores, (users.n_users, 1))

    def score_items(self, users: Histories, items: Ints) -> Floats:
        """float32 [U, K], looked up."""
        return gathered(np.broadcast_to(self.item_scores, (users.n_users, len(self.item_scores))), items)

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K] of zeros: the score does not depend on the user."""
        return np.zeros((len(users.items), items.shape[1]), np.float32)

    def arrays(self) -> Arrays:
        """item_scores float32 [I]."""
        return {"item_scores": self.item_scores}


def fit_every_fold(
    settings: TrainPopularitySettings, features: Mapping[Fold, pa.Table], n_items: int, sample: ValidationSample
) -> tuple[dict[Fold, Popularity], Tuned[PopularitySettings]]:
    """The model of every fold, with the window that is best on `validation`; and how that was found.

    Args:
        settings: of the job.
        features: rows of item_features_v2 by fold.
        n_items: I.
        sample: validation rows, with and without a history.
    """

    def fit(settings: PopularitySettings, share: float) -> Popularity:
        return Popularity.from_features(features["validation"], n_items, settings)

    tuned = tune(Popularity.name, settings.model, settings.tuning, fit, sample)
    models = {fold: Popularity.from_features(rows, n_items, tuned.settings) for fold, rows in features.items()}
    return models, replace(tuned, n_candidates=enough_candidates(models["validation"].score, sample))


MODEL = Popularity
