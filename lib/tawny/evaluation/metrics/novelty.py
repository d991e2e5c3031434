"""Novelty: how surprising the listed items are to someone who knows what is popular."""

import numpy as np

from tawny.core.arrays import Counts, Doubles, Ints
from tawny.evaluation.metrics.registry import ListMetric


def novelty(lists: Ints, popularity: Counts, k: int) -> Doubles:
    """float64 [U]: the mean of -log2(popularity share) over the first `k` listed items, in bits; NaN without any.

    1 is added to every count, so that the value of an item that nobody has chosen yet is finite.

    Args:
        lists: int32 [U, K], padded with -1.
        popularity: int64 [I], how often each item was chosen before the cutoff.
        k: positive.

    Source: Zhou et al., Solving the apparent diversity-accuracy dilemma of recommender systems (PNAS 2010): mean
    self-information.

    Counts 4, 2 and 0 become 5, 3 and 1, shares 5/9, 3/9 and 1/9. The list holds items 1 and 2:
    (log2(3) + log2(9)) / 2 = 1.5 * log2(3) = 2.37744.

    >>> novelty(np.array([[1, 2, -1]], np.int32), np.array([4, 2, 0]), 3).round(5)
    array([2.37744])
    """
    listed = lists[:, :k]
    filled = listed >= 0
    shares = (popularity[np.maximum(listed, 0)] + 1) / (popularity.sum() + len(popularity))
    n_listed = filled.sum(axis=1)
    bits = np.where(filled, -np.log2(shares), 0.0).sum(axis=1) / np.maximum(n_listed, 1)
    return np.where(n_listed > 0, bits, np.nan)


METRIC = ListMetric("novelty", novelty)
