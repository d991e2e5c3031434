"""ItemNeighbours: items that the same users took, however far apart.

Shapes: U users, I items, N history entries, P pairs.
"""

from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse

from tawny.models.base import Floats, Histories, Ints
from tawny.models.item_matrix import ItemMatrixModel, entry_decay, faded, history_matrix, item_counts, scale, top_of_rows


class ItemNeighboursConfig(BaseModel):
    """Settings of `ItemNeighbours`.

    Attributes:
        user_damping: a co-occurrence is divided by the user's number of items to this power.
        source_damping: a similarity is divided by the past item's number of users to this power ...
        target_damping: ... and by the listed item's to this one; cosine has both at 0.5, 0 favours the popular.
        shrinkage: added to both numbers of users, so that rare items do not look alike by chance.
        n_neighbours: kept per past item.
        position_power: an entry with f newer ones after it weighs (1 + f) ** -position_power.
        half_life_days: an entry this old weighs half; None: age does not count.
        trend_half_life_days: in fitting, an event this old counts half; None: what was done long ago counts the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_damping: NonNegativeFloat = 1.0
    source_damping: NonNegativeFloat = 0.5
    target_damping: NonNegativeFloat = 0.5
    shrinkage: NonNegativeFloat = 10.0
    n_neighbours: PositiveInt = 500
    position_power: NonNegativeFloat = 1.0
    half_life_days: PositiveFloat | None = None
    trend_half_life_days: PositiveFloat | None = None


class ItemNeighbours(ItemMatrixModel):
    """Item-to-item similarity from damped co-occurrences.

    Source: Sarwar et al. 2001 (item-based neighbours); Deshpande and Karypis 2004, section 4 (damping by the frequency of
    both items). Made for up to some 100,000 items of which a user has hundreds.
    """

    name = "neighbours"
    config_class = ItemNeighboursConfig
    settings: ItemNeighboursConfig

    @classmethod
    def from_counts(cls, counts: sparse.csr_array, n_users: Floats, settings: ItemNeighboursConfig) -> Self:
        """The model from the summed `pairs` of all users, float32 [I, I], and the number of users per item, [I]."""
        damped = np.maximum(n_users, 1).astype(np.float64) + settings.shrinkage
        similar = scale(counts, damped**-settings.source_damping, damped**-settings.target_damping)
        return cls(top_of_rows(similar, settings.n_neighbours), settings)

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: ItemNeighboursConfig) -> Self:
        """The model from histories in one process."""
        rows, columns, values = pairs(users, settings)
        counts = sparse.csr_array((values, (rows, columns)), shape=(n_items, n_items))
        return cls.from_counts(counts, item_counts(users, n_items), settings)

    def entry_weights(self, users: Histories) -> Floats:
        """float32 [N]: the event's weight, decayed by position and age."""
        return entry_decay(users, self.settings.position_power, self.settings.half_life_days)


def pairs(users: Histories, settings: ItemNeighboursConfig) -> tuple[Ints, Ints, Floats]:
    """Pairs of different items of one user, summed over the batch: past item [P], listed item [P], value [P].

    A pair's value is the product of the two weights over the user's number of items to the power `user_damping`.
    Values of several batches add up.
    """
    n_items = int(users.items.max(initial=-1)) + 1
    taken = history_matrix(faded(users, settings.trend_half_life_days), n_items)
    degrees = np.maximum(np.diff(taken.indptr), 1).astype(np.float64)
    damped = scale(taken, degrees ** (-settings.user_damping / 2), np.ones(n_items))
    together = sparse.coo_array(damped.T @ damped)
    different = together.row != together.col
    rows, columns = together.row[different].astype(np.int32), together.col[different].astype(np.int32)
    return rows, columns, together.data[different].astype(np.float32)
