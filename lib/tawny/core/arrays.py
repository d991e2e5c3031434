"""Arrays that all packages share: ragged rows, the histories of a batch of users, and the order of lists (`top_k`).

Shapes: U users of a batch, I items of the catalog, N history entries of the batch, K list, F user features; of ragged rows
R rows and V values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]
Arrays = Mapping[str, NDArray[Any]]

# Scores are dense, float32 [users, items]: 256 users over 100,000 items are 100 MB.
USERS_AT_ONCE = 256


@dataclass(frozen=True)
class Ragged:
    """Rows of different lengths in one array: row r owns `values[indptr[r]:indptr[r + 1]]`.

    Attributes:
        indptr: int64 [R + 1], from 0, not falling.
        values: [V] of any type.
    """

    indptr: Counts
    values: NDArray[Any]

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[Any]], dtype: Any = np.int32) -> "Ragged":
        """From lists of values, one per row.

        >>> Ragged.from_rows([[4, 7], [], [4]]).indptr
        array([0, 2, 2, 3])
        """
        indptr = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return cls(indptr, np.array([value for row in rows for value in row], dtype))

    @classmethod
    def from_padded(cls, values: NDArray[Any], is_present: Bools) -> "Ragged":
        """The values of [R, W] where `is_present`, bool [R, W], is true."""
        return cls(_starts(is_present.sum(axis=1)), values[is_present])

    @classmethod
    def from_arrow(cls, column: pa.Array | pa.ChunkedArray, dtype: Any = np.int32) -> "Ragged":
        """From a list column; a null row counts as empty."""
        indptr, values = unnest(column)
        return cls(indptr, np.asarray(values.to_numpy(zero_copy_only=False), dtype))

    @property
    def n_rows(self) -> int:
        """R."""
        return len(self.indptr) - 1

    @property
    def lengths(self) -> Counts:
        """int64 [R]."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> Counts:
        """int64 [V]: the row of each value."""
        return np.repeat(np.arange(self.n_rows), self.lengths)

    @property
    def positions(self) -> Counts:
        """int64 [V]: the position of each value in its row, from 0.

        >>> Ragged.from_rows([[4, 7], [], [4]]).positions
        array([0, 1, 0])
        """
        return np.arange(len(self.values)) - np.repeat(self.indptr[:-1], self.lengths)

    @property
    def n_distinct(self) -> Counts:
        """int64 [R]: how many different values each row has; the values must be integers, not negative.

        >>> Ragged.from_rows([[4, 7, 4], []]).n_distinct
        array([2, 0])
        """
        width = int(self.values.max(initial=0)) + 1
        cells = np.unique(self.rows * width + self.values)
        return np.bincount(cells // width, minlength=self.n_rows).astype(np.int64)

    def take(self, rows: NDArray[np.integer[Any]]) -> "Ragged":
        """The given rows, int [M], in that order.

        >>> Ragged.from_rows([[4, 7], [], [5]]).take(np.array([2, 0])).values
        array([5, 4, 7], dtype=int32)
        """
        lengths = self.lengths[rows]
        indptr = _starts(lengths)
        sources = np.repeat(self.indptr[:-1][rows] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return Ragged(indptr, self.values[sources])

    def padded(self, fill: Any, width: int | None = None) -> NDArray[Any]:
        """[R, W]: the rows, filled up with `fill`; W is the length of the longest row, or `width` (not below it).

        >>> Ragged.from_rows([[4, 7], [], [5]]).padded(-1)
        array([[ 4,  7],
               [-1, -1],
               [ 5, -1]], dtype=int32)
        """
        width = int(self.lengths.max(initial=0)) if width is None else width
        array = np.full((self.n_rows, width, *self.values.shape[1:]), fill, self.values.dtype)
        array[self.rows, self.positions] = self.values
        return array


def _starts(lengths: NDArray[np.integer[Any]]) -> Counts:
    """int64 [R + 1]: the indptr of rows of these lengths."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def unnest(column: pa.Array | pa.ChunkedArray) -> tuple[Counts, pa.Array]:
    """indptr int64 [R + 1] and the values of a list column, as Arrow; a null row counts as empty."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # no chunk at all
        array = pa.array([], column.type)
    if array.null_count:
        array = array.fill_null([])
    offsets = array.offsets.to_numpy().astype(np.int64)
    return offsets - offsets[0], array.flatten()


def nest(indptr: Counts, values: pa.Array) -> pa.ListArray:
    """The list column of these values; the inverse of `unnest`."""
    return pa.ListArray.from_arrays(pa.array(indptr, pa.int32()), values)


def scattered(index: pa.ChunkedArray, values: pa.ChunkedArray, n: int, dtype: Any) -> NDArray[Any]:
    """[n]: the values at their indices, 0 elsewhere. `index` and `values` are two columns of one table."""
    array = np.zeros(n, dtype)
    array[index.to_numpy()] = values.to_numpy()
    return array


@dataclass(frozen=True)
class Histories:
    """The histories of a batch of users, ragged: user u owns entries `indptr[u]:indptr[u + 1]`.

    Entries are ordered from the oldest to the newest. A user without any history has an empty range.

    Attributes:
        indptr: int64 [U + 1].
        items: int32 [N], indices into the catalog.
        weights: float32 [N], positive; the event type's weight, decayed by age.
        ages_days: float32 [N], days from the entry to the cutoff, not negative.
        features: float32 [U, F] of `user_features_v2`, or None where the model does not need them.
        types: int8 [N], the entry's event type as an index into EVENT_TYPES, or None where a job does not read them.
    """

    indptr: Counts
    items: Ints
    weights: Floats
    ages_days: Floats
    features: Floats | None = None
    types: NDArray[np.int8] | None = None

    @classmethod
    def from_arrow(cls, batch: pa.RecordBatch | pa.Table) -> "Histories":
        """From U rows with item_indices, weights, ages_days and, optionally, features and types."""
        items = Ragged.from_arrow(batch["item_indices"], np.int32)
        weights = Ragged.from_arrow(batch["weights"], np.float32).values
        ages = Ragged.from_arrow(batch["ages_days"], np.float32).values
        features = None
        if "features" in batch.schema.names:
            features = Ragged.from_arrow(batch["features"], np.float32).values.reshape(batch.num_rows, -1)
        types = Ragged.from_arrow(batch["types"], np.int8).values if "types" in batch.schema.names else None
        return cls(items.indptr, items.values, weights, ages, features, types)

    @property
    def n_users(self) -> int:
        """U."""
        return len(self.indptr) - 1

    @property
    def entries(self) -> Ragged:
        """The entry numbers 0 .. N - 1, by user."""
        return Ragged(self.indptr, np.arange(len(self.items)))

    @property
    def lengths(self) -> Counts:
        """int64 [U]: entries of each user."""
        return self.entries.lengths

    @property
    def rows(self) -> Counts:
        """int64 [N]: the batch row that each entry belongs to."""
        return self.entries.rows

    @property
    def n_newer(self) -> Counts:
        """int64 [N]: how many entries of the same user are newer (0 for the newest)."""
        return np.repeat(self.indptr[1:], self.lengths) - 1 - np.arange(len(self.items))

    def take(self, users: NDArray[np.integer[Any]]) -> "Histories":
        """The histories of the given batch rows, int [M], in that order."""
        return self.take_entries(users, self.entries.take(users))

    def take_entries(self, users: NDArray[np.integer[Any]], entries: Ragged) -> "Histories":
        """The histories of the given batch rows, int [M], of these entries alone: int [M rows], numbers of the row's own."""
        chosen, features = entries.values, None if self.features is None else self.features[users]
        types = None if self.types is None else self.types[chosen]
        return Histories(entries.indptr, self.items[chosen], self.weights[chosen], self.ages_days[chosen], features, types)


def small_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches in pieces of at most USERS_AT_ONCE rows; empty ones are left out."""
    for batch in batches:
        for start in range(0, batch.num_rows, USERS_AT_ONCE):
            yield batch.slice(start, USERS_AT_ONCE)


def top_k(scores: Floats, k: int) -> tuple[Ints, Floats]:
    """The best `k` items of every row, best first; ties go to the smaller index (the catalog is sorted by item_id).

    Args:
        scores: float32 [U, I]; -inf for an item that must not be listed. NaN is refused.
        k: positive.

    Returns:
        items int32 [U, k], padded with -1, and scores float32 [U, k], padded with -inf.

    Raises:
        ValueError: on NaN, or a `k` that is not positive.

    Made for batches of a few hundred users and up to some 100,000 items.
    """
    if k < 1:
        raise ValueError(f"`k` must be a positive integer. Received: k = {k}.")
    if np.isnan(scores).any():
        raise ValueError("scores must not hold NaN: a model that cannot score an item gives -inf.")
    n_users, n_items = scores.shape
    width = min(k, n_items)
    items = np.full((n_users, k), -1, np.int32)
    best = np.full((n_users, k), -np.inf, np.float32)
    if width == 0:
        return items, best
    # The width-th largest value of each row. All above it are listed; of those equal to it, the smallest indices.
    thresholds = -np.partition(-scores, width - 1, axis=1)[:, width - 1]
    for row in range(n_users):
        picked = _best_of_row(scores[row], thresholds[row], width)
        items[row, : len(picked)] = picked
        best[row, : len(picked)] = scores[row, picked]
    return items, best


def _best_of_row(scores: Floats, threshold: np.float32, width: int) -> NDArray[Any]:
    above = np.flatnonzero(scores > threshold)
    tied = np.flatnonzero(scores == threshold)[: width - len(above)] if np.isfinite(threshold) else np.empty(0, np.int64)
    picked = np.concatenate([above, tied])
    return picked[np.argsort(-scores[picked], kind="stable")]
