"""Mean reciprocal rank: one divided by the place of the first hit, so 0.5 if it is second."""

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.evaluation.metrics.hits import first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import AccuracyMetric


def mrr(hits: Bools, n_relevant: Counts, k: int) -> Doubles:
    """float64 [U]: 1 / rank of the first hit among the first `k` places, 0 without one.

    Args:
        hits: bool [U, K].
        n_relevant: int64 [U].
        k: positive.

    Source: Voorhees, The TREC-8 question answering track report (1999), section 3.

    The first hit is at rank 2: 1 / 2; the hit at rank 3 adds nothing.

    >>> mrr(np.array([[False, True, True]]), np.array([2]), 3)
    array([0.5])
    """
    top_hits = first_k(hits, k)
    ranks = np.arange(1, top_hits.shape[1] + 1)
    return nan_without_relevant((top_hits / ranks).max(axis=1, initial=0.0), n_relevant)


METRIC = AccuracyMetric("mrr", mrr)
