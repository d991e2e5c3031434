"""Which listed items the users went on to choose: computed once per batch, read by every accuracy metric.

Shapes: U users of a batch, K list, N relevant items of the batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]
Lists = NDArray[np.int32]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Relevant:
    """What each user of a batch chose after the cutoff: user u owns `items[indptr[u]:indptr[u + 1]]`.

    Attributes:
        indptr: int64 [U + 1].
        items: int32 [N], indices into the catalogue, in any order; an item named twice by a user is relevant once.
    """

    indptr: Counts
    items: Lists

    @property
    def n_users(self) -> int:
        """U."""
        return len(self.indptr) - 1

    @property
    def n_relevant(self) -> Counts:
        """int64 [U]: how many different items each user chose.

        >>> Relevant(np.array([0, 3, 3]), np.array([4, 7, 4], np.int32)).n_relevant
        array([2, 0])
        """
        width = _width(self.items)
        return np.bincount(np.unique(self._keys(width)) // width, minlength=self.n_users).astype(np.int64)

    def _keys(self, width: int) -> Counts:
        """int64 [N]: one number per (user, item), for items below `width`."""
        rows = np.repeat(np.arange(self.n_users), np.diff(self.indptr))
        return rows * width + self.items


def hits(lists: Lists, relevant: Relevant) -> Bools:
    """bool [U, K]: whether each place of the lists holds an item its user chose.

    Args:
        lists: int32 [U, K], best first, padded with -1; padding is never a hit.
        relevant: of the same U users.

    Raises:
        ValueError: when the users differ in number, or a list names an item twice.

    >>> hits(np.array([[5, 2, -1], [5, -1, -1]], np.int32), Relevant(np.array([0, 2, 2]), np.array([2, 9], np.int32)))
    array([[False,  True, False],
           [False, False, False]])
    """
    if len(lists) != relevant.n_users:
        raise ValueError(
            f"lists and relevant must be of the same users. Received: {len(lists)} and {relevant.n_users} users."
        )
    _refuse_repeats(lists)
    width = max(_width(lists), _width(relevant.items))
    places = np.arange(len(lists))[:, None] * width + lists
    found: Bools = np.isin(places, relevant._keys(width)) & (lists >= 0)
    return found


def first(hits: Bools, k: int) -> Bools:
    """bool [U, min(K, k)]: the first `k` places of each list.

    Raises:
        ValueError: on a `k` that is not positive.
    """
    if k < 1:
        raise ValueError(f"`k` must be a positive integer. Received: k = {k}.")
    return hits[:, :k]


def judged(values: Values, n_relevant: Counts) -> Values:
    """float64 [U]: the values, NaN (left out) for a user without relevant items, who cannot be served well or badly."""
    return np.where(n_relevant > 0, values, np.nan)


def _width(items: Lists) -> int:
    return int(items.max(initial=0)) + 1


def _refuse_repeats(lists: Lists) -> None:
    ordered = np.sort(lists, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if repeated.any():
        row, place = np.argwhere(repeated)[0]
        raise ValueError(
            f"a list must name an item once. Received: row {row} names item {ordered[row, place]} twice. "
            "Remove repeats where the list is made: a repeat takes the place of another item."
        )
