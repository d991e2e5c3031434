"""What counting models share: a sparse item-to-item matrix, and scores as weighted sums of its rows.

Shapes: U users, I items, N history entries, K list, Z stored matrix values.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy import sparse

from tawny.models.base import Arrays, Floats, Histories, Ints, Model


class ItemMatrixModel(Model):
    """A model whose score of item j is the sum, over the history, of the entry's weight times `matrix[item, j]`.

    A subclass says what the matrix holds (its `fit`) and what an entry weighs (`entry_weights`).
    """

    config_class: ClassVar[type[BaseModel]]

    def __init__(self, matrix: sparse.csr_array, settings: BaseModel) -> None:
        """`matrix` is float32 [I, I], positive, rows are past items and columns the items to recommend."""
        matrix.sort_indices()
        self.matrix = matrix
        self.settings = settings
        self._indptr = matrix.indptr.astype(np.int64)
        self._indices = matrix.indices.astype(np.int32)
        self._values = matrix.data.astype(np.float32)

    @abstractmethod
    def entry_weights(self, users: Histories) -> Floats:
        """float32 [N], positive: how much each history entry counts."""

    def score(self, users: Histories) -> Floats:
        """float32 [U, I]; -inf for the items that no history entry leads to."""
        scores = np.zeros((users.n_users, self.matrix.shape[1]), np.float32)
        _add_rows(users.indptr, users.items, self.entry_weights(users), self._indptr, self._indices, self._values, scores)
        scores[scores == 0] = -np.inf
        return scores

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: the entry's weight times `matrix[entry's item, listed item]`; 0 for the padding -1."""
        found = np.zeros((len(users.items), items.shape[1]), np.float32)
        weights = self.entry_weights(users)
        _look_up(users.indptr, users.items, weights, items, self._indptr, self._indices, self._values, found)
        return found

    def arrays(self) -> Arrays:
        """The matrix in compressed rows: indptr int64 [I + 1], indices int32 [Z], values float32 [Z]."""
        return {"indptr": self._indptr, "indices": self._indices, "values": self._values}

    def config(self) -> dict[str, Any]:
        """The settings, and nothing else."""
        return self.settings.model_dump(mode="json")

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The model that `config()` and `arrays()` came from."""
        n_items = len(arrays["indptr"]) - 1
        matrix = sparse.csr_array((arrays["values"], arrays["indices"], arrays["indptr"]), shape=(n_items, n_items))
        return cls(matrix, cls.config_class(**config))


def history_matrix(users: Histories, n_items: int) -> sparse.csr_array:
    """float32 [U, I]: the summed weights of every user's items."""
    matrix = sparse.csr_array((users.weights, users.items, users.indptr), shape=(users.n_users, n_items))
    matrix = matrix.copy()
    matrix.sum_duplicates()
    return matrix


def item_counts(users: Histories, n_items: int) -> Floats:
    """float32 [I]: how many users took each item. Counts of several batches add up."""
    return np.bincount(history_matrix(users, n_items).indices, minlength=n_items).astype(np.float32)


def entry_decay(users: Histories, position_power: float, half_life_days: float | None) -> Floats:
    """float32 [N]: the event's weight times (1 + newer entries) ** -position_power, halved every `half_life_days`."""
    decay = faded(users, half_life_days).weights * (1.0 + users.from_end) ** -position_power
    return decay.astype(np.float32)


def faded(users: Histories, half_life_days: float | None) -> Histories:
    """The same histories with every weight halved per `half_life_days` of age; as they are when it is None."""
    if half_life_days is None:
        return users
    weights = users.weights * 0.5 ** (users.ages_days / half_life_days)
    return replace(users, weights=weights.astype(np.float32))


def scale(matrix: sparse.csr_array, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> sparse.csr_array:
    """`matrix` with row r multiplied by `rows[r]` and column c by `columns[c]`."""
    matrix = matrix.tocsr()
    values = matrix.data * np.repeat(rows, np.diff(matrix.indptr)) * columns[matrix.indices]
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def top_of_rows(matrix: sparse.csr_array, n: int) -> sparse.csr_array:
    """`matrix` with only the `n` largest values of every row, ties to the smaller column; zeros are dropped.

    One sort of all stored values: made for up to some 10 million of them.
    """
    matrix = matrix.tocsr()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(len(rows)) - matrix.indptr[rows]
    kept = order[(rank < n) & (matrix.data[order] > 0)]
    parts = (matrix.data[kept].astype(np.float32), (rows[kept], matrix.indices[kept]))
    return sparse.csr_array(parts, shape=matrix.shape)


@numba.njit(cache=True)
def _add_rows(
    user_starts: NDArray[np.int64],
    items: Ints,
    weights: Floats,
    starts: NDArray[np.int64],
    columns: Ints,
    values: Floats,
    scores: Floats,
) -> None:
    for user in range(len(user_starts) - 1):
        for entry in range(user_starts[user], user_starts[user + 1]):
            for at in range(starts[items[entry]], starts[items[entry] + 1]):
                scores[user, columns[at]] += weights[entry] * values[at]


@numba.njit(cache=True)
def _look_up(
    user_starts: NDArray[np.int64],
    items: Ints,
    weights: Floats,
    listed: Ints,
    starts: NDArray[np.int64],
    columns: Ints,
    values: Floats,
    found: Floats,
) -> None:
    for user in range(len(user_starts) - 1):
        for entry in range(user_starts[user], user_starts[user + 1]):
            row_start, row_end = starts[items[entry]], starts[items[entry] + 1]
            row = columns[row_start:row_end]
            for place in range(listed.shape[1]):
                at = np.searchsorted(row, listed[user, place])
                if at < len(row) and row[at] == listed[user, place]:
                    found[entry, place] = weights[entry] * values[row_start + at]
