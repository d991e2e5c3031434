"""Als: implicit matrix factorisation, with every user folded in from the history.

Shapes: U users, I items, N history entries, D factors, K list.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, PositiveInt

from tawny.models.base import Arrays, Floats, Histories, Ints, Model
from tawny.models.item_matrix import history_matrix

Doubles = NDArray[np.float64]


class _Penalty(NamedTuple):
    """lambda, and alpha, the belief that an event's weight adds."""

    regularisation: float
    alpha: float


class AlsConfig(BaseModel):
    """Settings of `Als`.

    Attributes:
        rank: D.
        iterations: each solves for the item factors, then for the user factors.
        regularisation: lambda; a row is held by lambda times its number of ratings, as in Spark MLlib.
        alpha: an event of weight w is believed 1 + alpha * w.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: PositiveInt = 64
    iterations: PositiveInt = 10
    regularisation: PositiveFloat = 0.2
    alpha: NonNegativeFloat = 2.0


class Als(Model):
    """Item factors; a user's factors are the least-squares step that training itself would end with.

    The step is that of Spark MLlib 4: confidence 1 + alpha * weight, preference 1, lambda times the number of the user's
    items. Source: Hu, Koren and Volinsky 2008 (section 4, and 5 for the contributions); Zhou et al. 2008 (weighted lambda).
    Made for up to some 100,000 items at D = 128.
    """

    name = "als"
    config_class = AlsConfig

    def __init__(self, item_factors: Floats, settings: AlsConfig) -> None:
        """`item_factors` is float32 [I, D]; a row of NaN is an item that training never saw."""
        self.item_factors = item_factors
        self.settings = settings
        self._known = np.asarray(np.isfinite(item_factors).all(axis=1), np.bool_)
        self._factors = np.where(self._known[:, None], item_factors, 0).astype(np.float64)

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: AlsConfig, rng: np.random.Generator) -> Self:
        """The model from histories in one process; the same objective as Spark's, from another random start."""
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
        factors = _solve_rows(users.indptr, users.items, users.weights, shares, self._factors, self._penalty)
        return factors.astype(np.float32)

    def score(self, users: Histories) -> Floats:
        """float32 [U, I]; -inf for items without factors, and everywhere for users without a known item."""
        scores = self.user_factors(users) @ self._factors.astype(np.float32).T
        scores[:, ~self._known] = -np.inf
        scores[np.bincount(users.rows, self._known[users.items], users.n_users) == 0] = -np.inf
        return scores

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: the share of each entry; over a user's entries they sum to the score. Some may be negative."""
        found = np.zeros((len(users.items), items.shape[1]))
        listed = np.where(items[..., None] >= 0, self._factors[items], 0.0)
        shares, gramian, penalty = self._shares(users), self._factors.T @ self._factors, self._penalty
        for user, own in enumerate(map(slice, users.indptr[:-1], users.indptr[1:])):
            n_items = shares[own].sum()
            if n_items > 0:
                entries, weights = self._factors[users.items[own]], users.weights[own].astype(np.float64)
                matrix = _normal_matrix(entries, weights, n_items, gramian, penalty)
                alike = entries @ np.linalg.solve(matrix, listed[user].T)
                found[own] = alike * (shares[own] + penalty.alpha * weights)[:, None]
        return found.astype(np.float32)

    def arrays(self) -> Arrays:
        """item_factors float32 [I, D]."""
        return {"item_factors": self.item_factors}

    def config(self) -> dict[str, Any]:
        """The settings."""
        return self.settings.model_dump(mode="json")

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The model that `config()` and `arrays()` came from."""
        return cls(arrays["item_factors"], AlsConfig(**config))

    @property
    def _penalty(self) -> _Penalty:
        return _Penalty(self.settings.regularisation, self.settings.alpha)

    def _shares(self, users: Histories) -> Doubles:
        """float64 [N]: an entry's part of its item's weight with this user (1 unless repeated); 0 for an unknown item."""
        cells = users.rows * len(self._factors) + users.items
        _, cell = np.unique(cells, return_inverse=True)
        totals = np.bincount(cell, users.weights)
        return np.asarray(self._known[users.items] * users.weights / totals[cell], np.float64)


def _half_step(ratings: Any, factors: Doubles, settings: AlsConfig) -> Doubles:
    """The rows' factors, float64, that fit best with the columns' `factors` held still."""
    shares = np.ones(len(ratings.data))
    starts, columns = ratings.indptr.astype(np.int64), ratings.indices.astype(np.int32)
    penalty = _Penalty(settings.regularisation, settings.alpha)
    return _solve_rows(starts, columns, ratings.data.astype(np.float32), shares, factors, penalty)


def _normal_matrix(entries: Doubles, weights: Doubles, n_items: float, gramian: Doubles, penalty: _Penalty) -> Doubles:
    """float64 [D, D]: gramian + sum of alpha * weight * y y' + lambda * number of items."""
    matrix = gramian + entries.T @ (entries * (penalty.alpha * weights)[:, None])
    matrix[np.diag_indices_from(matrix)] += penalty.regularisation * n_items
    return matrix


def _solve_rows(
    starts: NDArray[np.int64], items: Ints, weights: Floats, shares: Doubles, factors: Doubles, penalty: _Penalty
) -> Doubles:
    """float64 [rows, D]: the least-squares factors of every row; zeros for a row without a known item.

    A loop over rows: at D = 64 the arithmetic of a row takes longer than Python's part of it, and there is nothing to
    compile when a Spark worker starts.
    """
    gramian = factors.T @ factors
    solved = np.zeros((len(starts) - 1, factors.shape[1]))
    for row, own in enumerate(map(slice, starts[:-1], starts[1:])):
        n_items = shares[own].sum()
        if n_items > 0:
            entries, own_weights = factors[items[own]], weights[own].astype(np.float64)
            matrix = _normal_matrix(entries, own_weights, n_items, gramian, penalty)
            solved[row] = np.linalg.solve(matrix, entries.T @ (shares[own] + penalty.alpha * own_weights))
    return solved
