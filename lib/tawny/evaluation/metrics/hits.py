"""Which listed items the users went on to choose: computed once per batch, read by every accuracy metric.

Shapes: U users of a batch, K list.
"""

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles, Ints, Ragged


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


def first_k(hits: Bools, k: int) -> Bools:
    """bool [U, min(K, k)]: the first `k` places of each list.

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
