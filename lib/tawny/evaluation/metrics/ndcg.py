"""Normalised discounted cumulative gain.

Shapes: U users of a batch, K list.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.evaluation.metrics.hits import first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import AccuracyMetric


def discounts(k: int) -> Doubles:
    """float64 [k]: what a hit at each rank gains, 1 / log2(rank + 1).

    >>> discounts(3).round(5)
    array([1.     , 0.63093, 0.5    ])
    """
    gains: Doubles = 1.0 / np.log2(np.arange(2, k + 2))
    return gains


def ideal_gain(n_relevant: NDArray[np.integer[Any]], k: int) -> Doubles:
    """float64 [U]: the gain of the best list of `k` places; of one relevant item for a user without any.

    Args:
        n_relevant: int [U].
        k: positive.

    >>> ideal_gain(np.array([0, 1, 2, 9]), 2).round(5)
    array([1.     , 1.     , 1.63093, 1.63093])
    """
    best: Doubles = np.cumsum(discounts(k))[np.clip(n_relevant, 1, k) - 1]
    return best


def ndcg(hits: Bools, n_relevant: Counts, k: int) -> Doubles:
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
    top_hits = first_k(hits, k)
    # Summed along the row, not by a matrix product, whose last digits depend on the number of rows.
    gains = (top_hits * discounts(k)[: top_hits.shape[1]]).sum(axis=1)
    return nan_without_relevant(gains / ideal_gain(n_relevant, k), n_relevant)


METRIC = AccuracyMetric("ndcg", ndcg)
