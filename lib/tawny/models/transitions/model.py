"""Transitions: items that users took soon after the user's last ones.

Shapes: U users, I items, N history entries, P pairs.
"""

from typing import Self

import numba
import numpy as np
from scipy import sparse

from tawny.core.arrays import Counts, Doubles, Floats, Histories, Ints
from tawny.models.counting.matrix import CountingModel, Pairs, damped_by_frequency, decayed, top_of_rows
from tawny.models.transitions.settings import TransitionsSettings


class Transitions(CountingModel):
    """Damped counts of ordered pairs: a first-order Markov chain with skips.

    Source: Rendle et al. 2010 (FPMC), section 3 (item-to-item transitions); the skips weighted by 1 / gap follow Ludewig
    and Jannach 2018, section 3.1 (sequential rules). Made for sequences of hundreds of entries.
    """

    name = "transitions"
    settings_class = TransitionsSettings
    pair_settings = ("window", "gap_power", "backward_weight", "trend_half_life_days")
    settings: TransitionsSettings

    @classmethod
    def pairs(cls, users: Histories, settings: TransitionsSettings) -> Pairs:
        """Ordered pairs of different items within the window, summed over the batch.

        A pair counts fully from the earlier to the later item, and `backward_weight` times in the other direction.
        """
        n_items = int(users.items.max(initial=-1)) + 1
        weights = decayed(users, settings.trend_half_life_days).weights
        earlier, later, values = _followers(users.indptr, users.items, weights, settings.window, settings.gap_power)
        forward = sparse.csr_array((values, (earlier, later)), shape=(n_items, n_items))
        summed = sparse.coo_array(forward + settings.backward_weight * forward.T)
        return summed.row.astype(np.int32), summed.col.astype(np.int32), summed.data.astype(np.float32)

    @classmethod
    def from_counts(cls, counts: sparse.csr_array, n_users: Floats, settings: TransitionsSettings) -> Self:
        """The most frequent followers, damped by how many users took either item."""
        return cls(top_of_rows(damped_by_frequency(counts, n_users, settings), settings.n_followers), settings)


@numba.njit(cache=True)
def _followers(starts: Counts, items: Ints, weights: Floats, window: int, gap_power: float) -> tuple[Ints, Ints, Doubles]:
    """Earlier item, later item and value of every pair within the window."""
    earlier = np.empty(len(items) * window, np.int32)
    later = np.empty(len(items) * window, np.int32)
    values = np.empty(len(items) * window, np.float64)
    n = 0
    for user in range(len(starts) - 1):
        for first in range(starts[user], starts[user + 1]):
            for second in range(first + 1, min(first + window + 1, starts[user + 1])):
                if items[first] != items[second]:
                    earlier[n], later[n] = items[first], items[second]
                    values[n] = weights[second] * (second - first) ** -gap_power
                    n += 1
    return earlier[:n], later[:n], values[:n]


MODEL = Transitions
