"""ALS: implicit matrix factorisation; users are folded in from their histories.

Shapes: U users, I items, N history entries, D factors, K list.
"""

from typing import Self

import numpy as np
from scipy import sparse

from tawny.core.arrays import Arrays, Bools, Counts, Doubles, Floats, Histories, Ints
from tawny.models.als.settings import AlsSettings
from tawny.models.base import Model, history_matrix, products


class Als(Model):
    """Item factors; a user's factors come from the least-squares step that training ends with.

    The step is that of Spark MLlib 4: confidence 1 + alpha * weight, preference 1, lambda times the number of the user's
    items. Source: Hu, Koren and Volinsky 2008 (section 4, and 5 for the contributions); Zhou et al. 2008 (weighted lambda).
    Made for up to some 100,000 items at D = 128.
    """

    name = "als"
    settings_class = AlsSettings
    has_signed_scores = True
    settings: AlsSettings

    def __init__(self, item_factors: Floats, settings: AlsSettings) -> None:
        """`item_factors` is float32 [I, D]; a row of NaN is an item that training never saw."""
        self.item_factors = item_factors
        self.settings = settings
        self._known = np.asarray(np.isfinite(item_factors).all(axis=1), np.bool_)
        self._factors = np.where(self._known[:, None], item_factors, 0).astype(np.float64)

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: AlsSettings, rng: np.random.Generator) -> Self:
        """The model from histories in one process: Spark's objective, from another random start."""
        by_user = history_matrix(users, n_items)
        by_item = by_user.T.tocsr()
        factors = rng.standard_normal((users.n_users, settings.rank))
        factors /= np.linalg.norm(factors, axis=1, keepdims=True)
        item_factors = np.zeros((n_items, settings.rank))
        for _ in range(settings.iterations):
            item_factors = _half_step(by_item, factors, settings)
            factors = _half_step(by_user, item_factors, settings)
        item_factors[np.diff(by_item.indptr) == 0] = np.nan
        return cls(item_factors.astype(np.float32), settings)

    def user_factors(self, users: Histories) -> Floats:
        """float32 [U, D]; zeros for a user without a known item."""
        shares = self._shares(users)
        factors = _solve_rows(users.indptr, users.items, users.weights, shares, self._factors, self.settings)
        return factors.astype(np.float32)

    def score(self, users: Histories) -> Floats:
        """float32 [U, I]; -inf for items without factors, and everywhere for users without a known item."""
        scores = self.user_factors(users) @ self._factors.astype(np.float32).T
        scores[:, ~self._known] = -np.inf
        scores[~self._is_served(users)] = -np.inf
        return scores

    def score_items(self, users: Histories, items: Ints) -> Floats:
        """float32 [U, K]; NaN where `score` is -inf."""
        scores: Floats = products(self.user_factors(users), self.item_factors, items)  # NaN factors give NaN
        scores[~self._is_served(users)] = np.nan
        return scores

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: each entry's part of the score; a user's entries sum to the score. Some may be negative."""
        contributions = np.zeros((len(users.items), items.shape[1]))
        listed = np.where(items[..., None] >= 0, self._factors[items], 0.0)
        shares, gramian, settings = self._shares(users), self._factors.T @ self._factors, self.settings
        for user, own in enumerate(map(slice, users.indptr[:-1], users.indptr[1:])):
            n_items = shares[own].sum()
            if n_items > 0:
                entries, weights = self._factors[users.items[own]], users.weights[own].astype(np.float64)
                matrix = _normal_matrix(entries, weights, n_items, gramian, settings)
                similarity = entries @ np.linalg.solve(matrix, listed[user].T)
                contributions[own] = similarity * (shares[own] + settings.alpha * weights)[:, None]
        return contributions.astype(np.float32)

    def arrays(self) -> Arrays:
        """item_factors float32 [I, D]."""
        return {"item_factors": self.item_factors}

    def _is_served(self, users: Histories) -> Bools:
        """bool [U]: the user has a known item."""
        return np.bincount(users.rows, self._known[users.items], users.n_users) > 0

    def _shares(self, users: Histories) -> Doubles:
        """float64 [N]: an entry's share of its item's weight with the user (1 unless repeated); 0 for an unknown item."""
        cells = users.rows * len(self._factors) + users.items
        _, cell = np.unique(cells, return_inverse=True)
        totals = np.bincount(cell, users.weights)
        return np.asarray(self._known[users.items] * users.weights / totals[cell], np.float64)


def _half_step(ratings: sparse.csr_array, factors: Doubles, settings: AlsSettings) -> Doubles:
    """The rows' factors, float64, that fit best with the columns' `factors` held fixed."""
    shares = np.ones(len(ratings.data))
    indptr, columns = ratings.indptr.astype(np.int64), ratings.indices.astype(np.int32)
    return _solve_rows(indptr, columns, ratings.data.astype(np.float32), shares, factors, settings)


def _normal_matrix(entries: Doubles, weights: Doubles, n_items: float, gramian: Doubles, settings: AlsSettings) -> Doubles:
    """float64 [D, D]: gramian + sum of alpha * weight * y y' + lambda * number of items."""
    matrix = gramian + entries.T @ (entries * (settings.alpha * weights)[:, None])
    matrix[np.diag_indices_from(matrix)] += settings.regularisation * n_items
    return matrix


def _solve_rows(
    indptr: Counts, items: Ints, weights: Floats, shares: Doubles, factors: Doubles, settings: AlsSettings
) -> Doubles:
    """float64 [rows, D]: the least-squares factors of every row; zeros for a row without a known item.

    A Python loop over rows: at D = 64 a row's arithmetic takes longer than Python's overhead, and nothing has to be compiled
    when a Spark worker starts.
    """
    gramian = factors.T @ factors
    solved = np.zeros((len(indptr) - 1, factors.shape[1]))
    for row, own in enumerate(map(slice, indptr[:-1], indptr[1:])):
        n_items = shares[own].sum()
        if n_items > 0:
            entries, own_weights = factors[items[own]], weights[own].astype(np.float64)
            matrix = _normal_matrix(entries, own_weights, n_items, gramian, settings)
            solved[row] = np.linalg.solve(matrix, entries.T @ (shares[own] + settings.alpha * own_weights))
    return solved


MODEL = Als
