"""ALS: implicit matrix factorisation; users are folded in from their histories.

Shapes: U users, I items, N history entries, D factors, K list.
"""

from collections.abc import Iterator
from typing import Self

import numpy as np
from scipy import sparse

from tawny.core.arrays import Arrays, Bools, Doubles, Floats, Histories, Ints
from tawny.models.als.fold_in import NormalEquations
from tawny.models.als.settings import AlsSettings
from tawny.models.als.solve import Ratings, improve
from tawny.models.base import Model, history_matrix, products


class Als(Model):
    """Item factors; a user's factors come from the least-squares step that training ends with.

    An item of weight w has preference 1 and confidence 1 + alpha * w ** weight_power; every other item has preference 0 and
    confidence 1. Source: Hu, Koren and Volinsky 2008 (section 4, and 5 for the contributions); the regularisation grows with
    a row's total confidence as in Rendle, Krichene, Zhang and Koren, Revisiting the performance of iALS (RecSys 2022,
    section 3.3). Made for up to some 100,000 items at D = 128.
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
        factors = np.where(self._known[:, None], item_factors, 0).astype(np.float64)
        # The axes of the Gramian's eigenvectors: there, what all users share of their normal equations is diagonal.
        eigenvalues, self._axes = np.linalg.eigh(factors.T @ factors)
        self._eigenvalues = np.maximum(eigenvalues, 0.0)  # rounding may leave a negative one
        self._factors = factors @ self._axes

    @classmethod
    def fit(
        cls, users: Histories, n_items: int, settings: AlsSettings, rng: np.random.Generator, n_threads: int | None = 1
    ) -> Self:
        """The model from the histories of all users, in one process; the same bytes with any number of threads."""
        excess = _excess(history_matrix(users, n_items), settings)
        by_user, by_item = (Ratings.from_matrix(matrix, settings.regularisation) for matrix in (excess, excess.T.tocsr()))
        start = rng.standard_normal((users.n_users, settings.rank), np.float32)
        user_factors = start * np.float32(0.1 / np.sqrt(settings.rank))
        item_factors = np.zeros((n_items, settings.rank), np.float32)
        for _ in range(settings.iterations):
            improve(by_item, user_factors, item_factors, n_threads)
            improve(by_user, item_factors, user_factors, n_threads)
        item_factors[np.diff(by_item.indptr) == 0] = np.nan
        return cls(item_factors, settings)

    def user_factors(self, users: Histories) -> Floats:
        """float32 [U, D]; zeros for a user without a known item."""
        solved = np.zeros((users.n_users, len(self._axes)))
        for user, _, equations in self._equations(users):
            solved[user] = self._axes @ equations.factors()  # each user alone: no bit may depend on the batch
        return solved.astype(np.float32)

    def score(self, users: Histories) -> Floats:
        """float32 [U, I]; -inf for items without factors, and everywhere for users without a known item."""
        scores = self.user_factors(users) @ self.item_factors.T  # NaN factors give NaN
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
        contributions = np.zeros((len(users.items), items.shape[1]), np.float32)
        for user, own, equations in self._equations(users):
            listed = self._factors[items[user]] * (items[user] >= 0)[:, None]
            contributions[own] = equations.contributions(listed)
        return contributions

    def arrays(self) -> Arrays:
        """item_factors float32 [I, D]."""
        return {"item_factors": self.item_factors}

    def _is_served(self, users: Histories) -> Bools:
        """bool [U]: the user has a known item."""
        return np.bincount(users.rows, self._known[users.items], users.n_users) > 0

    def _parts(self, users: Histories) -> tuple[Doubles, Doubles]:
        """float64 [N] twice: an entry's share of its item's weight with the user (1 unless repeated), and of its excess.

        Both are 0 for an unknown item, and less for an entry with newer ones after it, as if it had been taken in part.
        """
        cells = users.rows * len(self._factors) + users.items
        _, cell = np.unique(cells, return_inverse=True)
        totals = np.bincount(cell, users.weights)[cell]
        decay = (1.0 + users.n_newer) ** -self.settings.position_power
        shares = np.asarray(self._known[users.items] * decay * users.weights / totals, np.float64)
        return shares, shares * self.settings.alpha * totals**self.settings.weight_power

    def _equations(self, users: Histories) -> Iterator[tuple[int, slice, NormalEquations]]:
        """The normal equations of each user with a known item; the user's row, and where its entries are."""
        shares, excess = self._parts(users)
        total_confidence = np.count_nonzero(self._known) + np.bincount(users.rows, excess, users.n_users)
        ridges = self.settings.regularisation * total_confidence
        for user in np.flatnonzero(self._is_served(users)):
            own = slice(users.indptr[user], users.indptr[user + 1])
            entries, diagonal = self._factors[users.items[own]], self._eigenvalues + ridges[user]
            yield int(user), own, NormalEquations(entries, excess[own], shares[own] + excess[own], diagonal)


def _excess(weights: sparse.csr_array, settings: AlsSettings) -> sparse.csr_array:
    """The confidence above 1 of every cell with a weight."""
    values = settings.alpha * weights.data.astype(np.float64) ** settings.weight_power
    return sparse.csr_array((values.astype(np.float32), weights.indices, weights.indptr), shape=weights.shape)


MODEL = Als
