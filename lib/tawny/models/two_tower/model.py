"""Two towers: a user vector from the recent history, and item vectors; the score is their product.

Shapes: U users, I items, N history entries of the batch, K list, D dimensions, L window, P poolings, F user features,
M hidden units, R entries that are read of a user, V of a batch.

The model is served with numpy: the item tower is already applied (`item_vectors`), and the user tower is four small
products, so a Spark task needs no TensorFlow. net.py is the same function in Keras, for training; a test checks that both
agree to 1e-5.

Source: Covington et al., "Deep Neural Networks for YouTube Recommendations" (RecSys 2016), section 3: an averaged history
under a feed-forward user tower. Here P averages are taken, with learned weights of position and content, because one
average cannot represent both the last item and the long-term taste. Made for catalogs of up to some 50,000 items.
"""

from collections.abc import Iterator
from typing import Self

import numpy as np

from tawny.core.arrays import Arrays, Bools, Counts, Floats, Histories, Ints
from tawny.models.base import Model, products
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.windows import standardised, windows

_ARRAYS = (
    "item_vectors",
    "positions",
    "queries",
    "hidden",
    "hidden_bias",
    "out",
    "out_bias",
    "feature_mean",
    "feature_gain",
)

_NUMBERS_AT_ONCE = 4_000_000  # shares, or averages, of histories without an entry, for contributions: 16 MB


class TwoTower(Model):
    """Cosine of a user's and an item's vector.

    A user without a history is scored by the features alone. Without features too, every score is -inf, and popularity
    serves the user.

    Arrays: item_vectors [I, D] of length one; positions [P, L] and queries [P, D], which weight the window's entries in each
    pooling; hidden [P * D + F, M], hidden_bias [M], out [M, D], out_bias [D]; feature_mean and feature_gain [F],
    by which features are standardised (missing features count as the mean). All float32.

    A model of data where order says nothing has no positions (L = 0) and reads whole histories.
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
        """The model trained by one process with nothing held out, on items without categories."""
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
        items, log_weights = windows(users, users.indptr[:-1], users.indptr[1:], self._n_read(users))
        entries = self.item_vectors[items]
        logits = self._content(entries, log_weights) + self._positions(np.arange(items.shape[1]))
        return self._vectors(_shares(logits, users.lengths > 0) @ entries, self._standardised(users))

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: the item's score less its score without the entry: then older entries move up in the window.

        It is 0 for entries older than the window, and for the padding -1. Without any history and features a user's score
        counts as 0.
        """
        contributions = np.zeros((len(users.items), items.shape[1]), np.float32)
        for rows in self._blocks(users):
            block = users.take(rows)
            is_read = block.n_newer < self._n_read(block)
            without = self._without_each(block) if self._is_ordered else self._without_each_of_a_set(block)
            of = block.rows[is_read]
            lost = products(self.user_vectors(block)[of] - without, self.item_vectors, items[rows[of]])
            contributions[users.indptr[rows[0]] : users.indptr[rows[-1] + 1]][is_read] = np.nan_to_num(lost)
        return contributions

    def arrays(self) -> Arrays:
        """The arrays listed above."""
        return dict(self._arrays)

    @property
    def _is_ordered(self) -> bool:
        return bool(self._arrays["positions"].size)

    @property
    def _n_features(self) -> int:
        return len(self._arrays["feature_mean"])

    def _n_read(self, users: Histories) -> int:
        """How many of the newest entries count, of the longest history of the batch; at least 1."""
        longest = max(int(users.lengths.max(initial=0)), 1)
        return min(longest, self._arrays["positions"].shape[1] or longest)

    def _standardised(self, users: Histories) -> Floats:
        """float32 [U, F]."""
        if users.features is None:
            return np.zeros((users.n_users, self._n_features), np.float32)
        return standardised(users.features, self._arrays["feature_mean"], self._arrays["feature_gain"])

    def _positions(self, places: Counts) -> Floats:
        """float32 [P, ..]: the position weights of places in the window; 0 where order says nothing."""
        weights = self._arrays["positions"]
        if weights.shape[1] == 0:
            return np.zeros((len(weights), *places.shape), np.float32)
        return np.asarray(weights[:, np.minimum(places, weights.shape[1] - 1)], np.float32)

    def _content(self, entries: Floats, log_weights: Floats) -> Floats:
        """float32 [U, P, L]: logits of the entries' shares, but for their positions."""
        return log_weights[:, None, :] + self._arrays["queries"] @ entries.transpose(0, 2, 1)

    def _vectors(self, pooled: Floats, features: Floats) -> Floats:
        """float32 [.., D], each of length one, from float32 [.., P, D] and standardised features, float32 [.., F]."""
        a = self._arrays
        *rows, n_poolings, dim = pooled.shape
        flat = np.concatenate([pooled.reshape(*rows, n_poolings * dim), features], axis=-1)
        hidden = np.maximum(flat @ a["hidden"] + a["hidden_bias"], 0)
        vectors = pooled.mean(axis=-2) + hidden @ a["out"] + a["out_bias"]
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6), np.float32)

    def _blocks(self, users: Histories) -> Iterator[Counts]:
        """The rows of users whose contributions are found together."""
        width = self._n_read(users) + 1
        n_numbers = self.settings.poolings * width * (width if self._is_ordered else self.settings.dim)
        at_once = max(_NUMBERS_AT_ONCE // n_numbers, 1)
        for start in range(0, users.n_users, at_once):
            yield np.arange(start, min(start + at_once, users.n_users))

    def _without_each(self, users: Histories) -> Floats:
        """float32 [V, D]: the user's vector without each of the V entries that are read; 0 where nothing is left."""
        n_read = self._n_read(users)
        # One entry more is read: the one that moves into the window.
        items, log_weights = windows(users, users.indptr[:-1], users.indptr[1:], n_read + 1)
        entries = self.item_vectors[items]
        logits = self._content(entries, log_weights)[:, :, None, :] + self._positions_without_each(n_read)
        pooled = (_shares(logits, users.lengths > 1) @ entries[:, None]).transpose(0, 2, 1, 3)
        is_read = users.n_newer < n_read
        row, place = users.rows[is_read], users.n_newer[is_read]
        return self._of_others(users, row, pooled[row, place])

    def _without_each_of_a_set(self, users: Histories) -> Floats:
        """float32 [N, D]: as `_without_each`, where order says nothing; linear in the length of a history.

        Each entry's part is taken out of the average. Of a pooling's strongest entry, which may have nearly all of it, too
        little would be left for that: without it, the average is taken again.
        """
        # At least one place is padding; it is left where a user's only entry is taken out.
        items, log_weights = windows(users, users.indptr[:-1], users.indptr[1:], self._n_read(users) + 1)
        entries, has_others = self.item_vectors[items], users.lengths > 1
        logits = self._content(entries, log_weights)
        shares, strongest = _shares(logits, has_others), logits.argmax(axis=2)
        np.put_along_axis(logits, strongest[:, :, None], -np.inf, axis=2)
        row, place = users.rows, users.n_newer
        share = shares[row, :, place][:, :, None]
        rest = (shares @ entries)[row] - share * self.item_vectors[users.items][:, None]
        without_strongest = (_shares(logits, has_others) @ entries)[row]
        is_strongest = (strongest[row] == place[:, None])[:, :, None]
        pooled = np.where(is_strongest, without_strongest, rest / np.maximum(1 - share, 0.5))  # others have half at most
        return self._of_others(users, row, pooled)

    def _of_others(self, users: Histories, row: Counts, pooled: Floats) -> Floats:
        """float32 [V, D]: the vectors of users, by `row`, int [V], from averages without an entry, float32 [V, P, D]."""
        vectors = self._vectors(pooled, self._standardised(users)[row])
        if self._n_features == 0 or users.features is None:
            vectors *= (users.lengths > 1)[row, None]
        return vectors

    def _positions_without_each(self, n_read: int) -> Floats:
        """float32 [P, R, R + 1]: the position weights of all entries without each of R; -inf for the one left out."""
        entry, left_out = np.arange(n_read + 1), np.arange(n_read)[:, None]
        return np.where(entry == left_out, np.float32(-np.inf), self._positions(entry - (entry > left_out)))


def _shares(logits: Floats, has_history: Bools) -> Floats:
    """float32 [U, P, .., L]: the shares of the entries in each pooling, by their logits; 0 for users without a history."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return np.asarray(powers * has_history.reshape(-1, *[1] * (logits.ndim - 1)), np.float32)


MODEL = TwoTower
