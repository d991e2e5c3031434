"""Precision: the share of the list that its user took."""

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.evaluation.metrics.hits import first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import AccuracyMetric


def precision(hits: Bools, n_relevant: Counts, k: int) -> Doubles:
    """float64 [U]: the share of `k` places that hold a relevant item; an empty place is a miss.

    Args:
        hits: bool [U, K].
        n_relevant: int64 [U].
        k: positive.

    Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.4.

    Of 4 places 3 were filled and one was a hit: 1 / 4.

    >>> precision(np.array([[False, True, False]]), np.array([1]), 4)
    array([0.25])
    """
    return nan_without_relevant(first_k(hits, k).sum(axis=1) / np.float64(k), n_relevant)


METRIC = AccuracyMetric("precision", precision)
