"""What counting models share: a sparse item-to-item matrix, and scores as weighted sums of its rows.

Shapes: U users, I items, N history entries, K list, P pairs, Z stored matrix values.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import numba
import numpy as np
from scipy import sparse

from tawny.core.arrays import Arrays, Bools, Counts, Doubles, Floats, Histories, Ints
from tawny.models.base import Model, history_matrix
from tawny.models.counting.settings import CountingModelSettings

Pairs = tuple[Ints, Ints, Floats]
"""Past item int32 [P], listed item int32 [P], value float32 [P]."""


class ItemMatrixModel(Model):
    """A model that scores item j as the sum, over the history, of the entry's weight times `matrix[item, j]`.

    A subclass says how the matrix is fitted (`fit`) and how much an entry counts (`entry_weights`).
    """

    def __init__(self, matrix: sparse.csr_array, settings: Any) -> None:
        """`matrix` is float32 [I, I], rows are past items and columns the items to recommend; positive unless signed."""
        matrix.sort_indices()
        self.matrix = matrix
        self.settings = settings
        self._indptr = matrix.indptr.astype(np.int64)
        self._indices = matrix.indices.astype(np.int32)
        self._values = matrix.data.astype(np.float32)

    @classmethod
    def empty(cls, n_items: int, settings: Any) -> Self:
        """A model of `n_items` items that scores none of them for anybody."""
        return cls(sparse.csr_array((n_items, n_items), dtype=np.float32), settings)

    @abstractmethod
    def entry_weights(self, users: Histories) -> Floats:
        """float32 [N], positive: how much each history entry counts."""

    def score(self, users: Histories) -> Floats:
        """float32 [U, I]; -inf for items that have no matrix value with any history entry."""
        scores = np.zeros((users.n_users, self.matrix.shape[1]), np.float32)
        _add_scores(users.indptr, users.items, self.entry_weights(users), self._indptr, self._indices, self._values, scores)
        scores[scores == 0] = -np.inf
        return scores

    def score_items(self, users: Histories, items: Ints) -> Floats:
        """float32 [U, K]; NaN for items that have no matrix value with any history entry."""
        result = np.full(items.shape, np.nan, np.float32)
        summed = np.zeros(self.matrix.shape[1], np.float32)
        weights = self.entry_weights(users)
        _add_items(users.indptr, users.items, weights, items, self._indptr, self._indices, self._values, summed, result)
        return result

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: the entry's weight times `matrix[entry's item, listed item]`; 0 for the padding -1."""
        result = np.zeros((len(users.items), items.shape[1]), np.float32)
        weights = self.entry_weights(users)
        _add_contributions(users.indptr, users.items, weights, items, self._indptr, self._indices, self._values, result)
        return result

    def arrays(self) -> Arrays:
        """The matrix in compressed rows: indptr int64 [I + 1], indices int32 [Z], values float32 [Z]."""
        return {"indptr": self._indptr, "indices": self._indices, "values": self._values}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The model that `config()` and `arrays()` came from."""
        n_items = len(arrays["indptr"]) - 1
        matrix = sparse.csr_array((arrays["values"], arrays["indices"], arrays["indptr"]), shape=(n_items, n_items))
        return cls(matrix, cls.settings_class(**config))


class CountingModel(ItemMatrixModel):
    """An item matrix made from the summed pairs of all users; counting/spark.py sums them on a cluster.

    A subclass says which pairs a user contributes (`pairs`) and how their sums become the matrix (`from_counts`).

    Attributes:
        pair_settings: the settings that `pairs` reads.
        entry_settings: those that only `entry_weights` reads; the matrix depends on all others.
    """

    pair_settings: ClassVar[tuple[str, ...]]
    entry_settings: ClassVar[tuple[str, ...]] = ("position_power", "half_life_days")
    settings: CountingModelSettings

    @classmethod
    @abstractmethod
    def pairs(cls, users: Histories, settings: Any) -> Pairs:
        """The pairs of a batch of histories. A pair may occur several times; values of several batches add up."""

    @classmethod
    @abstractmethod
    def from_counts(cls, counts: sparse.csr_array, n_users: Floats, settings: Any) -> Self:
        """The model from the summed pairs of all users, [I, I], and the number of users per item, float32 [I].

        It must treat each row alone: on Spark each task passes some rows, and zeros for the others.
        """

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: Any, rng: np.random.Generator) -> Self:
        """The model from histories in one process; nothing is random."""
        return cls.from_counts(cls.counted(users, n_items, settings), item_counts(users, n_items), settings)

    @classmethod
    def counted(cls, users: Histories, n_items: int, settings: Any) -> sparse.csr_array:
        """[I, I]: the summed pairs of all users."""
        rows, columns, values = cls.pairs(users, settings)
        return sparse.csr_array((values, (rows, columns)), shape=(n_items, n_items))

    def entry_weights(self, users: Histories) -> Floats:
        """float32 [N]: the event's weight, decayed by age and by the number of newer entries."""
        decay = decayed(users, self.settings.half_life_days).weights * (1.0 + users.n_newer) ** -self.settings.position_power
        return decay.astype(np.float32)


def item_counts(users: Histories, n_items: int) -> Floats:
    """float32 [I]: how many users took each item. Counts of several batches add up."""
    return np.bincount(history_matrix(users, n_items).indices, minlength=n_items).astype(np.float32)


def decayed(users: Histories, half_life_days: float | None) -> Histories:
    """The histories with every weight halved per `half_life_days` of age; unchanged where that is None."""
    if half_life_days is None:
        return users
    weights = users.weights * 0.5 ** (users.ages_days / half_life_days)
    return replace(users, weights=weights.astype(np.float32))


def damped_by_frequency(counts: sparse.csr_array, n_users: Floats, settings: CountingModelSettings) -> sparse.csr_array:
    """`counts`, [I, I], divided by how many users took the past and the listed item, float32 [I], as the settings say."""
    damped = np.maximum(n_users, 1).astype(np.float64) + settings.shrinkage
    return scale(counts, damped**-settings.source_damping, damped**-settings.target_damping)


def scale(matrix: sparse.csr_array, rows: Doubles, columns: Doubles) -> sparse.csr_array:
    """`matrix` with row r multiplied by `rows[r]` and column c by `columns[c]`."""
    matrix = matrix.tocsr()
    values = _scaled(matrix.indptr, matrix.indices, matrix.data, rows, columns)
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


@numba.njit(cache=True)
def _scaled(starts: Ints, indices: Ints, values: Doubles, rows: Doubles, columns: Doubles) -> Doubles:
    scaled = np.empty(len(values), np.float64)
    for row in range(len(starts) - 1):
        for at in range(starts[row], starts[row + 1]):
            scaled[at] = values[at] * rows[row] * columns[indices[at]]
    return scaled


def top_of_rows(matrix: sparse.csr_array, n: int) -> sparse.csr_array:
    """float32, `matrix` with only the `n` largest values of every row, ties to the smaller column, and without zeros.

    `matrix` holds no negative value.
    """
    matrix = matrix.tocsr()
    if not matrix.has_sorted_indices:
        matrix = matrix.sorted_indices()
    kept = _is_among_largest(matrix.indptr.astype(np.int64), matrix.data, n)
    indptr = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return sparse.csr_array((matrix.data[kept].astype(np.float32), matrix.indices[kept], indptr), shape=matrix.shape)


@numba.njit(cache=True)
def _is_among_largest(starts: Counts, values: Doubles, n: int) -> Bools:
    """bool [Z]: whether a value is positive and one of the `n` largest of its row; of equal ones the first are."""
    kept = values > 0
    for row in range(len(starts) - 1):
        own = values[starts[row] : starts[row + 1]]
        if len(own) > n:
            lowest = np.partition(own, len(own) - n)[len(own) - n]
            n_ties = n - np.count_nonzero(own > lowest)
            for at in range(starts[row], starts[row + 1]):
                if values[at] == lowest and n_ties > 0:
                    n_ties -= 1
                elif values[at] <= lowest:
                    kept[at] = False
    return kept


@numba.njit(cache=True)
def _add_user(items: Ints, weights: Floats, starts: Counts, columns: Ints, values: Floats, scores: Floats) -> None:
    """Add to a user's `scores`, [I], the rows of the matrix of these entries, each times the entry's weight."""
    for entry in range(len(items)):
        for at in range(starts[items[entry]], starts[items[entry] + 1]):
            scores[columns[at]] += weights[entry] * values[at]


@numba.njit(cache=True)
def _add_scores(
    user_starts: Counts,
    items: Ints,
    weights: Floats,
    starts: Counts,
    columns: Ints,
    values: Floats,
    scores: Floats,
) -> None:
    for user in range(len(user_starts) - 1):
        begin, end = user_starts[user], user_starts[user + 1]
        _add_user(items[begin:end], weights[begin:end], starts, columns, values, scores[user])


@numba.njit(cache=True)
def _add_items(
    user_starts: Counts,
    items: Ints,
    weights: Floats,
    listed: Ints,
    starts: Counts,
    columns: Ints,
    values: Floats,
    summed: Floats,
    result: Floats,
) -> None:
    """Of the sums of `_add_scores`, of one user at a time in `summed`, [I], those of the listed items are kept."""
    for user in range(len(user_starts) - 1):
        begin, end = user_starts[user], user_starts[user + 1]
        summed[:] = 0
        _add_user(items[begin:end], weights[begin:end], starts, columns, values, summed)
        for place in range(listed.shape[1]):
            if listed[user, place] >= 0 and summed[listed[user, place]] != 0:
                result[user, place] = summed[listed[user, place]]


@numba.njit(cache=True)
def _add_contributions(
    user_starts: Counts,
    items: Ints,
    weights: Floats,
    listed: Ints,
    starts: Counts,
    columns: Ints,
    values: Floats,
    result: Floats,
) -> None:
    for user in range(len(user_starts) - 1):
        for entry in range(user_starts[user], user_starts[user + 1]):
            row_start, row_end = starts[items[entry]], starts[items[entry] + 1]
            row = columns[row_start:row_end]
            for place in range(listed.shape[1]):
                at = np.searchsorted(row, listed[user, place])
                if at < len(row) and row[at] == listed[user, place]:
                    result[entry, place] = weights[entry] * values[row_start + at]
