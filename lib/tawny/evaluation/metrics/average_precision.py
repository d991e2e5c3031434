"""Average precision: how many of the items down to each hit are hits, in the mean; over users it is MAP@k."""

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.evaluation.metrics.hits import first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import AccuracyMetric


def average_precision(hits: Bools, n_relevant: Counts, k: int) -> Doubles:
    """float64 [U]: the precision at the rank of each hit, summed, over the hits that `k` places could have held.

    The divisor is min(k, n_relevant), so that a perfect list has 1 whatever its length; trec_eval's `map_cut` divides by
    n_relevant and agrees where n_relevant <= k.

    Args:
        hits: bool [U, K].
        n_relevant: int64 [U].
        k: positive.

    Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.4.

    Of 3 relevant items two are listed, at ranks 1 and 4: (1 / 1 + 2 / 4) / 3 = 0.5.

    >>> average_precision(np.array([[True, False, False, True]]), np.array([3]), 4)
    array([0.5])
    """
    top_hits = first_k(hits, k)
    precisions = np.cumsum(top_hits, axis=1) / np.arange(1, top_hits.shape[1] + 1)
    return nan_without_relevant((precisions * top_hits).sum(axis=1) / np.clip(n_relevant, 1, k), n_relevant)


METRIC = AccuracyMetric("average_precision", average_precision)
