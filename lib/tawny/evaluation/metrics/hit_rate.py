"""Hit rate: the share of users with at least one hit."""

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.evaluation.metrics.hits import first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import AccuracyMetric


def hit_rate(hits: Bools, n_relevant: Counts, k: int) -> Doubles:
    """float64 [U]: 1 where any of the first `k` places holds a relevant item, else 0.

    Args:
        hits: bool [U, K].
        n_relevant: int64 [U].
        k: positive.

    Source: Deshpande and Karypis, Item-based top-N recommendation algorithms (TOIS 2004), section 6.1.

    The first user's only hit is at rank 2, the second's at rank 3: with k = 2 one of them is served.

    >>> hit_rate(np.array([[False, True, False], [False, False, True]]), np.array([1, 5]), 2)
    array([1., 0.])
    """
    return nan_without_relevant(np.where(first_k(hits, k).any(axis=1), 1.0, 0.0), n_relevant)


METRIC = AccuracyMetric("hit_rate", hit_rate)
