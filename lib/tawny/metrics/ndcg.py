"""Normalised discounted cumulative gain."""

import numpy as np

from tawny.metrics.hits import Bools, Counts, Values, first, judged
from tawny.metrics.registry import AccuracyMetric


def ndcg(hits: Bools, n_relevant: Counts, k: int) -> Values:
    """float64 [U]: the gain of the hits, each 1 / log2(rank + 1), over the gain of the best list of `k` places.

    Args:
        hits: bool [U, K].
        n_relevant: int64 [U].
        k: positive.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (TOIS 2002), with binary gains and
    the discount log2(rank + 1).

    Of 2 relevant items one is listed, at rank 3: its gain is 1 / log2(4) = 0.5. The best list has gains at rank 1 and 2:
    1 + 1 / log2(3) = 1.63093. 0.5 / 1.63093 = 0.30657.

    >>> ndcg(np.array([[False, False, True]]), np.array([2]), 3).round(5)
    array([0.30657])
    """
    listed = first(hits, k)
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    best = np.cumsum(gains)[np.clip(n_relevant, 1, k) - 1]
    # Summed along the row, not by a matrix product, whose last digits depend on the number of rows.
    return judged((listed * gains[: listed.shape[1]]).sum(axis=1) / best, n_relevant)


METRIC = AccuracyMetric("ndcg", ndcg)
