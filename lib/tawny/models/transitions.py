"""Transitions: what users took soon after what they took last.

Shapes: U users, I items, N history entries, P pairs.
"""

from typing import Self

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse

from tawny.models.base import Floats, Histories, Ints
from tawny.models.item_matrix import ItemMatrixModel, entry_decay, faded, item_counts, scale, top_of_rows


class TransitionsConfig(BaseModel):
    """Settings of `Transitions`.

    Attributes:
        window: a later entry counts as a follower up to this many places on.
        gap_power: a follower g places on counts its event's weight times g ** -gap_power.
        backward_weight: the same pair the other way round counts this much of it.
        source_damping: a count is divided by the past item's number of users to this power ...
        target_damping: ... and by the follower's to this one; 0 favours the popular.
        shrinkage: added to both numbers of users.
        n_followers: kept per past item.
        position_power: an entry with f newer ones after it weighs (1 + f) ** -position_power.
        half_life_days: an entry this old weighs half; None: age does not count.
        trend_half_life_days: in fitting, an event this old counts half; None: what was done long ago counts the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: PositiveInt = 15
    gap_power: NonNegativeFloat = 0.8
    backward_weight: NonNegativeFloat = 0.1
    source_damping: NonNegativeFloat = 0.8
    target_damping: NonNegativeFloat = 0.25
    shrinkage: NonNegativeFloat = 20.0
    n_followers: PositiveInt = 500
    position_power: NonNegativeFloat = 1.0
    half_life_days: PositiveFloat | None = None
    trend_half_life_days: PositiveFloat | None = None


class Transitions(ItemMatrixModel):
    """Damped counts of ordered pairs: a first-order Markov chain with skips.

    Source: Rendle et al. 2010 (FPMC), section 3 (item-to-item transitions); the skips weighted by 1 / gap follow Ludewig
    and Jannach 2018, section 3.1 (sequential rules). Made for sequences of hundreds of entries.
    """

    name = "transitions"
    config_class = TransitionsConfig
    settings: TransitionsConfig

    @classmethod
    def from_counts(cls, counts: sparse.csr_array, n_users: Floats, settings: TransitionsConfig) -> Self:
        """The model from the summed `pairs` of all users, float32 [I, I], and the number of users per item, [I]."""
        damped = np.maximum(n_users, 1).astype(np.float64) + settings.shrinkage
        followed = scale(counts, damped**-settings.source_damping, damped**-settings.target_damping)
        return cls(top_of_rows(followed, settings.n_followers), settings)

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: TransitionsConfig) -> Self:
        """The model from histories in one process."""
        rows, columns, values = pairs(users, settings)
        counts = sparse.csr_array((values, (rows, columns)), shape=(n_items, n_items))
        return cls.from_counts(counts, item_counts(users, n_items), settings)

    def entry_weights(self, users: Histories) -> Floats:
        """float32 [N]: the event's weight, decayed by position and age."""
        return entry_decay(users, self.settings.position_power, self.settings.half_life_days)


def pairs(users: Histories, settings: TransitionsConfig) -> tuple[Ints, Ints, Floats]:
    """Ordered pairs of different items within the window, summed over the batch: past item [P], listed item [P], value [P].

    A pair counts in full for what came later, and `backward_weight` times for what came before. Values of several batches
    add up.
    """
    n_items = int(users.items.max(initial=-1)) + 1
    weights = faded(users, settings.trend_half_life_days).weights
    earlier, later, values = _followers(users.indptr, users.items, weights, settings.window, settings.gap_power)
    forward = sparse.csr_array((values, (earlier, later)), shape=(n_items, n_items))
    summed = sparse.coo_array(forward + settings.backward_weight * forward.T)
    return summed.row.astype(np.int32), summed.col.astype(np.int32), summed.data.astype(np.float32)


@numba.njit(cache=True)
def _followers(
    starts: NDArray[np.int64], items: Ints, weights: Floats, window: int, gap_power: float
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    earlier = np.empty(len(items) * window, np.int32)
    later = np.empty(len(items) * window, np.int32)
    values = np.empty(len(items) * window, np.float64)
    n = 0
    for user in range(len(starts) - 1):
        for first in range(starts[user], starts[user + 1]):
            for second in range(first + 1, min(first + window + 1, starts[user + 1])):
                if items[first] != items[second]:
                    earlier[n], later[n], values[n] = (
                        items[first],
                        items[second],
                        weights[second] * (second - first) ** -gap_power,
                    )
                    n += 1
    return earlier[:n], later[:n], values[:n]
