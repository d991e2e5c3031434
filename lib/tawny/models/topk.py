"""The one order of lists: score descending, then item index ascending (the catalogue is sorted by item_id).

Shapes: U users, I items, K list.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.models.base import Floats, Ints


def top_k(scores: Floats, k: int) -> tuple[Ints, Floats]:
    """The best `k` items of every row, best first; ties go to the smaller index.

    Args:
        scores: float32 [U, I]; -inf marks an item that must not be listed. NaN is refused.
        k: positive.

    Returns:
        items int32 [U, k], padded with -1, and scores float32 [U, k], padded with -inf.

    Raises:
        ValueError: on NaN, or a `k` that is not positive.

    Made for batches of a few hundred users over up to some 100,000 items.
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
    # The width-th largest value of each row; all above it are in, ties at it are filled from the smallest index.
    cut = -np.partition(-scores, width - 1, axis=1)[:, width - 1]
    for row in range(n_users):
        picked = _best_of_row(scores[row], cut[row], width)
        items[row, : len(picked)] = picked
        best[row, : len(picked)] = scores[row, picked]
    return items, best


def _best_of_row(scores: Floats, cut: np.float32, width: int) -> NDArray[Any]:
    above = np.flatnonzero(scores > cut)
    level = np.flatnonzero(scores == cut)[: width - len(above)] if np.isfinite(cut) else np.empty(0, np.int64)
    picked = np.concatenate([above, level])
    return picked[np.argsort(-scores[picked], kind="stable")]
