"""Two towers: a user vector from the recent history, and item vectors; the score is their product.

Shapes: U users, I items, N history entries of the batch, K list, D dimensions, L window, P poolings, F user features,
M hidden units.

The model is served with numpy: the item tower is already applied (`item_vectors`), and the user tower is four small
products, so a Spark task needs no TensorFlow. net.py is the same function in Keras, for training; a test checks that both
agree to 1e-5.

Source: Covington et al., "Deep Neural Networks for YouTube Recommendations" (RecSys 2016), section 3: an averaged history
under a feed-forward user tower. Here P averages are taken, with learned weights of position and content, because one
average cannot represent both the last item and the long-term taste. Made for catalogs of up to some 50,000 items.
"""

from typing import Self

import numpy as np

from tawny.core.arrays import Arrays, Floats, Histories, Ints
from tawny.models.base import Model, products
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.windows import PADDED, windows

_ARRAYS = (
    "item_vectors",
    "positions",
    "queries",
    "hidden",
    "hidden_bias",
    "out",
    "out_bias",
    "feature_mean",
    "feature_scale",
)


class TwoTower(Model):
    """Cosine of a user's and an item's vector.

    A user without a history is scored by the features alone. Without features too, every score is -inf, and popularity
    serves the user.

    Arrays: item_vectors [I, D] of length one; positions [P, L] and queries [P, D], which weight the window's entries in each
    pooling; hidden [P * D + F, M], hidden_bias [M], out [M, D], out_bias [D]; feature_mean and feature_scale [F],
    by which features are standardised (missing features count as the mean). All float32.
    """

    name = "two_tower"
    settings_class = TwoTowerSettings
    knows_cold_items = True
    has_signed_scores = True
    reasons = "approximate"
    needs_user_features = True
    settings: TwoTowerSettings

    def __init__(self, settings: TwoTowerSettings, **arrays: Floats) -> None:
        """The arrays listed above."""
        self._arrays = {name: np.asarray(arrays[name], np.float32) for name in _ARRAYS}
        self.settings = settings

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: TwoTowerSettings, rng: np.random.Generator) -> Self:
        """The model trained by one process for `max_epochs`, on items without categories."""
        from tawny.models.two_tower.train import train_alone  # imports TensorFlow

        return train_alone(cls, users, n_items, settings, seed=int(rng.integers(2**31)))

    @property
    def item_vectors(self) -> Floats:
        """float32 [I, D], each of length one; zeros for an item that was not learned."""
        return self._arrays["item_vectors"]

    def score(self, users: Histories) -> Floats:
        """float32 [U, I], in [-1, 1]; -inf for a user with neither history nor features, and for items not learned."""
        scores = self.user_vectors(users) @ self.item_vectors.T
        scores[:, ~self.item_vectors.any(axis=1)] = -np.inf
        if users.features is None or self._n_features == 0:
            scores[users.lengths == 0] = -np.inf
        return scores

    def score_items(self, users: Histories, items: Ints) -> Floats:
        """float32 [U, K]; NaN where `score` is -inf."""
        scores: Floats = products(self.user_vectors(users), self.item_vectors, items)
        scores[~np.asarray(self.item_vectors.any(axis=1), np.bool_)[items]] = np.nan
        if users.features is None or self._n_features == 0:
            scores[users.lengths == 0] = np.nan
        return scores

    def user_vectors(self, users: Histories) -> Floats:
        """float32 [U, D], each of length one."""
        items, log_weights = windows(users, users.indptr[:-1], users.indptr[1:], self.settings.window)
        entries = self.item_vectors[items]
        pooled = self._shares(entries, log_weights) @ entries
        a = self._arrays
        flat = np.concatenate([pooled.reshape(users.n_users, -1), self._standardised(users)], axis=1)
        hidden = np.maximum(flat @ a["hidden"] + a["hidden_bias"], 0)
        vectors = pooled.mean(axis=1) + hidden @ a["out"] + a["out_bias"]
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), np.float32)

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: an entry's mean share of the poolings times its vector's product with the item's, at least 0.

        This is what the entry adds on the path from pooling to score that bypasses the hidden layer. It is 0 for entries
        older than the window, and for the padding -1.
        """
        window, log_weights = windows(users, users.indptr[:-1], users.indptr[1:], self.settings.window)
        entries = self.item_vectors[window]
        shares = self._shares(entries, log_weights).mean(axis=1)
        listed = self.item_vectors[items] * (items >= 0)[:, :, None]
        added = (shares[:, :, None] * entries) @ listed.transpose(0, 2, 1)
        position = users.n_newer
        is_inside = position < self.settings.window
        contributions = np.zeros((len(users.items), items.shape[1]), np.float32)
        contributions[is_inside] = np.maximum(added[users.rows[is_inside], position[is_inside]], 0)
        return contributions

    def arrays(self) -> Arrays:
        """The arrays listed above."""
        return dict(self._arrays)

    @property
    def _n_features(self) -> int:
        return len(self._arrays["feature_mean"])

    def _standardised(self, users: Histories) -> Floats:
        if users.features is None:
            return np.zeros((users.n_users, self._n_features), np.float32)
        return (users.features - self._arrays["feature_mean"]) / self._arrays["feature_scale"]

    def _shares(self, entries: Floats, log_weights: Floats) -> Floats:
        """float32 [U, P, L]: the share of each position of the window in each pooling; all zero without a history."""
        content = self._arrays["queries"] @ entries.transpose(0, 2, 1)
        logits = log_weights[:, None, :] + self._arrays["positions"] + content
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        has_history = log_weights[:, :1, None] > PADDED / 2
        return np.asarray(powers / powers.sum(axis=2, keepdims=True) * has_history, np.float32)


MODEL = TwoTower
