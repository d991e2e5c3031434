"""How far two distributions are apart: the population stability index, and how much of it is chance.

Shapes: B bins.
"""

import numpy as np
from scipy.special import chdtri

from tawny.core.arrays import Counts

_ADDED = 0.5
"""Added to every count, so that an empty bin is rare and not infinitely far."""

CHANCE_SHARE = 0.05


def stability_index(usual: Counts, now: Counts) -> float:
    """The population stability index (PSI): the sum over bins of (q - p) * ln(q / p).

    p and q are the shares of the bins, then and now; half a count is added to every bin. It is 0 for equal shares,
    symmetric, and the sum of both Kullback-Leibler divergences. By custom, below 0.1 is stable, and above 0.25 a shift.

    Args:
        usual, now: int64 [B], how often each bin occurred.

    Source: Jeffreys, Theory of Probability (1948), section 3.10; as credit scoring uses it, Siddiqi, Credit Risk Scorecards
    (2006), chapter 9.

    Shares 1/2, 1/2 became 3/4, 1/4: (1/4) ln(3/2) + (-1/4) ln(1/2) = (1/4) ln 3 = 0.27465; with halves added, a bit less.

    >>> round(stability_index(np.array([500_000, 500_000]), np.array([750_000, 250_000])), 5)
    0.27465
    """
    p, q = ((counts + _ADDED) / (counts.sum() + _ADDED * len(counts)) for counts in (usual, now))
    return float(np.sum((q - p) * np.log(q / p)))


def chance_index(n_bins: int, n_usual: int, n_now: int) -> float:
    """The index that chance alone exceeds with a probability of 0.05 where nothing has changed.

    Of n and m independent draws, the index times n * m / (n + m) is about chi-square distributed with B - 1 degrees of
    freedom. What a user does on a day comes in one go, so draws are users, not events.

    Args:
        n_bins: B.
        n_usual, n_now: independent draws then and now, positive.

    Source: Yurdakul, Statistical properties of the population stability index (2018), section 3.

    100 and 100 draws of 2 bins: 3.841 * (1/100 + 1/100).

    >>> round(chance_index(2, 100, 100), 4)
    0.0768
    """
    return float(chdtri(max(1, n_bins - 1), CHANCE_SHARE) * (1 / n_usual + 1 / n_now))
