"""How sure a mean over users is: the percentile bootstrap, for values that are all at hand.

Where they are spread over partitions, evaluation/summary.py gives the same interval from sums.
Shapes: U users, R resamples.
"""

import numpy as np

from tawny.metrics.hits import Values

_DRAWS_AT_ONCE = 4_000_000  # 64 MB of indices and values


def mean_interval(
    values: Values, rng: np.random.Generator, *, n_resamples: int = 1000, confidence_share: float = 0.95
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean of `values`, low and high.

    Args:
        values: float64 [U]; NaN marks a user left out.
        rng: what draws the resamples; the same state gives the same interval.
        n_resamples: R, positive.
        confidence_share: in (0, 1).

    Raises:
        ValueError: when no value is left.

    Source: Efron and Tibshirani, An introduction to the bootstrap (1993), chapter 13. Made for up to a million users:
    memory is bounded by 4 million draws, or by U.
    """
    kept = values[~np.isnan(values)]
    if kept.size == 0:
        raise ValueError(f"an interval needs at least one value that is not NaN. Received: {values.size} values, all NaN.")
    at_once = max(1, _DRAWS_AT_ONCE // kept.size)
    chunks = [min(at_once, n_resamples - done) for done in range(0, n_resamples, at_once)]
    means = [kept[rng.integers(0, kept.size, (chunk, kept.size))].mean(axis=1) for chunk in chunks]
    return percentile_interval(np.concatenate(means), confidence_share)


def percentile_interval(means: Values, confidence_share: float) -> tuple[float, float]:
    """The central `confidence_share` of the resampled means, float64 [R]: low and high.

    Of 0, 1, ..., 100 the central half lies between 25 and 75.

    >>> percentile_interval(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    tail = (1.0 - confidence_share) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)
