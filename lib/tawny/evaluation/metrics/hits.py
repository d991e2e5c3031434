"""Which listed items the users went on to choose, and what each is worth: once per batch, for every accuracy metric.

Shapes: U users of a batch, K list, A answers.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles, Floats, Ints, Ragged

P = TypeVar("P", bound=np.generic)


@dataclass(frozen=True)
class Gains:
    """What hits are worth, where answers have values.

    Attributes:
        placed: float64 [U, K], the value of the item in each place; 0 where it is no hit.
        best: float64 [U, A], the values of all that each user chose, the largest first, padded with 0.
    """

    placed: Doubles
    best: Doubles


def hits(lists: Ints, relevant: Ragged) -> Bools:
    """bool [U, K]: whether each place of the lists holds an item its user chose.

    Args:
        lists: int32 [U, K], best first, padded with -1; padding is never a hit.
        relevant: int32, what each of the same U users chose, in any order.

    Raises:
        ValueError: when the users differ in number, or a list names an item twice.

    >>> hits(np.array([[5, 2, -1], [5, -1, -1]], np.int32), Ragged.from_rows([[2, 9], []]))
    array([[False,  True, False],
           [False, False, False]])
    """
    if len(lists) != relevant.n_rows:
        raise ValueError(
            f"lists and relevant must be of the same users. Received: {len(lists)} and {relevant.n_rows} users."
        )
    _refuse_repeats(lists)
    width = int(max(lists.max(initial=0), relevant.values.max(initial=0))) + 1  # one number per user and item
    listed = np.arange(len(lists))[:, None] * width + lists
    is_hit: Bools = np.isin(listed, relevant.rows * width + relevant.values) & (lists >= 0)
    return is_hit


def gains(lists: Ints, relevant: Ragged, values: Floats) -> Gains:
    """What the hits of the lists are worth.

    Args:
        lists: int32 [U, K], best first, padded with -1.
        relevant: int32, what each of the same U users chose, each item once, in any order.
        values: float32, above 0: of each value of `relevant`.

    Raises:
        ValueError: an item has no value, or one that is not above 0, or is named twice.

    >>> gains(np.array([[5, 2, -1]], np.int32), Ragged.from_rows([[2, 9]]), np.array([3, 10], np.float32))
    Gains(placed=array([[0., 3., 0.]]), best=array([[10.,  3.]]))
    """
    _refuse_wrong_values(relevant, values)
    width = int(max(lists.max(initial=0), relevant.values.max(initial=0))) + 1
    chosen, listed = relevant.rows * width + relevant.values, np.arange(len(lists))[:, None] * width + lists
    order = np.argsort(chosen)
    at = np.searchsorted(chosen[order], listed)
    keys, worth = np.append(chosen[order], -1), np.append(values[order].astype(np.float64), 0.0)
    best_first = np.lexsort((-values, relevant.rows))
    best = Ragged(relevant.indptr, values[best_first].astype(np.float64)).padded(0.0)
    return Gains(np.where((keys[at] == listed) & (lists >= 0), worth[at], 0.0), best)


def first_k(hits: NDArray[P], k: int) -> NDArray[P]:
    """[U, min(K, k)]: the first `k` places of each list.

    Raises:
        ValueError: on a `k` that is not positive.
    """
    if k < 1:
        raise ValueError(f"`k` must be a positive integer. Received: k = {k}.")
    return hits[:, :k]


def nan_without_relevant(values: Doubles, n_relevant: Counts) -> Doubles:
    """float64 [U]: the values, and NaN (left out of the mean) for a user without relevant items."""
    return np.where(n_relevant > 0, values, np.nan)


def _refuse_repeats(lists: Ints) -> None:
    ordered = np.sort(lists, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if repeated.any():
        row, place = np.argwhere(repeated)[0]
        raise ValueError(
            f"a list must name an item once. Received: row {row} names item {ordered[row, place]} twice. "
            "Remove repeats where the list is made."
        )


def _refuse_wrong_values(relevant: Ragged, values: Floats) -> None:
    if len(values) != len(relevant.values) or not (values > 0).all():
        raise ValueError(
            "every chosen item must have a value above 0. "
            f"Received: {len(values)} values of {len(relevant.values)} items, the least {values.min(initial=np.inf)}."
        )
    if (relevant.n_distinct != relevant.lengths).any():
        raise ValueError("a chosen item must be named once where items have values. Received: an item twice.")
