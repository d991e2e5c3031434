"""Coverage: the share of the catalog that is on at least one list."""

import numpy as np

from tawny.core.arrays import Counts
from tawny.evaluation.metrics.registry import CatalogMetric


def coverage(times_listed: Counts) -> float:
    """The share of the catalog's items that are in at least one list, in [0, 1].

    Args:
        times_listed: int64 [I], I positive.

    Source: Herlocker et al., Evaluating collaborative filtering recommender systems (TOIS 2004), section 5.1.

    Of 4 items, the first is in 7 lists and the last in 1: 2 / 4.

    >>> coverage(np.array([7, 0, 0, 1]))
    0.5
    """
    return float(np.count_nonzero(times_listed) / len(times_listed))


METRIC = CatalogMetric("coverage", coverage)
