"""Normalised discounted cumulative gain: how near the top the hits are; 1 is the best order.

Shapes: U users of a batch, K list, A answers.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.evaluation.metrics.hits import Gains, first_k, nan_without_relevant
from tawny.evaluation.metrics.registry import GradedMetric


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


def ndcg(hits: Bools, n_relevant: Counts, k: int, gains: Gains | None = None) -> Doubles:
    """float64 [U]: the gain of the hits, each its value / log2(rank + 1), over the gain of the best list of `k` places.

    Args:
        hits: bool [U, K].
        n_relevant: int64 [U].
        k: positive.
        gains: what the hits are worth; default: 1 each.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (TOIS 2002), with the discount
    log2(rank + 1) and the value itself as the gain.

    Of 2 relevant items one is listed, at rank 3: its gain is 1 / log2(4) = 0.5. The best list has gains at rank 1 and 2:
    1 + 1 / log2(3) = 1.63093. 0.5 / 1.63093 = 0.30657.

    >>> ndcg(np.array([[False, False, True]]), np.array([2]), 3).round(5)
    array([0.30657])

    With values: a cart of 3 and a purchase of 10, and the cart is listed, at rank 3: its gain is 3 / log2(4) = 1.5. The best
    list has the purchase first: 10 + 3 / log2(3) = 11.89279. 1.5 / 11.89279 = 0.12613.

    >>> gains = Gains(np.array([[0.0, 0.0, 3.0]]), np.array([[10.0, 3.0]]))
    >>> ndcg(np.array([[False, False, True]]), np.array([2]), 3, gains).round(5)
    array([0.12613])
    """
    placed = first_k(hits, k) if gains is None else first_k(gains.placed, k)
    best = ideal_gain(n_relevant, k) if gains is None else _best_gain(gains.best, n_relevant, k)
    # Summed along the row, not by a matrix product, whose last digits depend on the number of rows.
    gained = (placed * discounts(k)[: placed.shape[1]]).sum(axis=1)
    return nan_without_relevant(gained / best, n_relevant)


def _best_gain(best: Doubles, n_relevant: Counts, k: int) -> Doubles:
    """float64 [U]: the gain of the best list of `k` places, of values float64 [U, A] the largest first; 1 without any.

    Cumulated from the first place on, as `ideal_gain` is: with values of 1 it is the same to the last bit.
    """
    top = first_k(best, k)
    cumulated = np.cumsum(top * discounts(k)[: top.shape[1]], axis=1)
    return np.where(n_relevant > 0, cumulated[:, -1] if top.shape[1] else 1.0, 1.0)


METRIC = GradedMetric("ndcg", ndcg)
