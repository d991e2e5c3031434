"""ItemNeighbours: items that the same users took, in any order.

Shapes: U users, I items, N history entries, P pairs.
"""

from typing import Self

import numpy as np
from scipy import sparse

from tawny.core.arrays import Floats, Histories
from tawny.models.base import history_matrix
from tawny.models.counting.matrix import (
    CountingModel,
    Pairs,
    damped_by_frequency,
    decayed,
    scale,
    top_of_rows,
)
from tawny.models.neighbours.settings import ItemNeighboursSettings


class ItemNeighbours(CountingModel):
    """Item-to-item similarity from damped co-occurrences.

    Source: Sarwar et al. 2001 (item-based neighbours); Deshpande and Karypis 2004, section 4 (damping by the frequency of
    both items). With user_damping and source_damping 1, no shrinkage and position_power 0 it is the random walk from item to
    user to item, divided by the listed item's popularity: RP3beta (Paudel et al. 2017), with beta = target_damping. Made for
    up to some 100,000 items and hundreds per user.
    """

    name = "neighbours"
    settings_class = ItemNeighboursSettings
    pair_settings = ("user_damping", "trend_half_life_days")
    settings: ItemNeighboursSettings

    @classmethod
    def pairs(cls, users: Histories, settings: ItemNeighboursSettings) -> Pairs:
        """Pairs of different items of one user, summed over the batch.

        A pair's value is the product of the two weights over the user's number of items to the power `user_damping`.
        """
        n_items = int(users.items.max(initial=-1)) + 1
        weights = history_matrix(decayed(users, settings.trend_half_life_days), n_items)
        degrees = np.maximum(np.diff(weights.indptr), 1).astype(np.float64)
        damped = scale(weights, degrees ** (-settings.user_damping / 2), np.ones(n_items))
        products = (damped.T @ damped).tocoo()
        different = products.row != products.col
        rows, columns = products.row[different].astype(np.int32), products.col[different].astype(np.int32)
        return rows, columns, products.data[different].astype(np.float32)

    @classmethod
    def from_counts(cls, counts: sparse.csr_array, n_users: Floats, settings: ItemNeighboursSettings) -> Self:
        """The nearest neighbours, damped by how many users took either item."""
        return cls(top_of_rows(damped_by_frequency(counts, n_users, settings), settings.n_neighbours), settings)


MODEL = ItemNeighbours
