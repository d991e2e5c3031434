"""The list policy: what a list must be beyond its order. So far one rule: at most so many items of one kind.

Shapes: U rows of a batch, I items of the catalog, M longest shortlist, K list.
"""

import numba
import numpy as np

from tawny.core.arrays import Counts, Floats, Ints, Ragged, top_k


def kinds_of(categories: Ragged) -> Ints:
    """int32 [I]: the kind of each item, which is its smallest category (ties: the first by name); -1 without a category.

    Shops give an item its department beside its shelf, and the shelf says what kind of thing it is.

    >>> kinds_of(Ragged.from_rows([[0, 1], [0], [0, 2], [2], []]))
    array([ 1,  0,  2,  2, -1], dtype=int32)
    """
    size = np.bincount(categories.values, minlength=int(categories.values.max(initial=-1)) + 1)
    largest_first = np.lexsort((-categories.values, -size[categories.values]))
    kinds = np.full(categories.n_rows, -1, np.int32)
    kinds[categories.rows[largest_first]] = categories.values[largest_first]  # of several, the last one stays
    return kinds


def best_of_each_kind(scores: Floats, items: Ints, kinds: Ints, k: int, most: int) -> tuple[Ints, Floats]:
    """As `core.arrays.top_k`, but with at most `most` items of one kind, as long as there are others.

    From the best item on, each is taken unless its kind is full. Where fewer than `k` items are left in this way, the best
    of those passed over fill the list up, so no list is shorter for the rule. Items of no kind are never full.

    Args:
        scores: float32 [U, M]; -inf for an item that must not be listed.
        items: int32 [U, M], what the scores are of; -1 pads.
        kinds: int32 [I]; -1: of no kind.
        k: positive.
        most: positive.

    Returns:
        columns int32 [U, k] of `scores`, best first, padded with -1, and scores float32 [U, k], padded with -inf.
    """
    order, best = top_k(scores, scores.shape[1]) if scores.shape[1] else top_k(scores, k)
    of_kind = np.where(order >= 0, kinds[np.take_along_axis(items, np.maximum(order, 0), axis=1)], -1)
    places = _greedy(order, of_kind, k, most)
    at = np.maximum(places, 0)
    columns = np.where(places >= 0, np.take_along_axis(order, at, axis=1), -1).astype(np.int32)
    return columns, np.where(places >= 0, np.take_along_axis(best, at, axis=1), -np.inf).astype(np.float32)


@numba.njit(cache=True)
def _greedy(order: Ints, kinds: Ints, k: int, most: int) -> Counts:
    """int64 [U, k]: the places taken, ascending; -1 pads."""
    n_rows, width = order.shape
    found = np.full((n_rows, k), -1, np.int64)
    counts = np.zeros(kinds.max() + 2 if kinds.size else 2, np.int64)
    for row in range(n_rows):
        counts[:] = 0
        is_taken = np.zeros(width, np.bool_)
        n_taken = 0
        for may_be_full in (False, True):
            for place in range(width):
                if n_taken == k or order[row, place] < 0:
                    break
                kind = kinds[row, place]
                if not is_taken[place] and (may_be_full or kind < 0 or counts[kind] < most):
                    is_taken[place] = True
                    counts[kind] += kind >= 0
                    n_taken += 1
        n_found = 0
        for place in range(width):
            if is_taken[place]:
                found[row, n_found] = place
                n_found += 1
    return found
