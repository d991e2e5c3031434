"""Recall: the share of what a user took that was on the list."""

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.evaluation.metrics.hits import first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import AccuracyMetric


def recall(hits: Bools, n_relevant: Counts, k: int) -> Doubles:
    """float64 [U]: the share of the user's relevant items among the first `k`.

    A user with more than `k` relevant items cannot reach 1.

    Args:
        hits: bool [U, K].
        n_relevant: int64 [U].
        k: positive.

    Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.3.

    Of 4 relevant items one is among the first 2: 1 / 4.

    >>> recall(np.array([[False, True, True]]), np.array([4]), 2)
    array([0.25])
    """
    return nan_without_relevant(first_k(hits, k).sum(axis=1) / np.maximum(n_relevant, 1), n_relevant)


METRIC = AccuracyMetric("recall", recall)
