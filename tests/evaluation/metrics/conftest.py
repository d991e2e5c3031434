"""Made lists and choices for the metrics' tests, as plain lists and sets so that a reference needs no numpy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from tawny.core.arrays import Bools, Counts, Doubles, Ints, Ragged
from tawny.evaluation.metrics.hits import hits

N_ITEMS = 9


@dataclass(frozen=True)
class World:
    """What each user was shown, best first, and what the user chose, of 9 items."""

    lists: list[list[int]]
    chosen: list[set[int]]
    k: int

    @property
    def padded(self) -> Ints:
        """int32 [U, K]: the lists, padded with -1."""
        width = max(map(len, self.lists))
        return np.array([row + [-1] * (width - len(row)) for row in self.lists], np.int32)

    @property
    def relevant(self) -> Ragged:
        """What the users chose."""
        return Ragged.from_rows([list(items) for items in self.chosen])

    def values(self, metric: Callable[[Bools, Counts, int], Doubles]) -> Doubles:
        """float64 [U] of an accuracy metric."""
        return metric(hits(self.padded, self.relevant), self.relevant.n_distinct, self.k)

    def relabelled(self, names: Sequence[int]) -> "World":
        """The same world, with item i called names[i]."""
        lists = [[names[item] for item in row] for row in self.lists]
        return World(lists, [{names[item] for item in items} for items in self.chosen], self.k)


_ITEMS = st.integers(0, N_ITEMS - 1)
_USERS = st.lists(st.tuples(st.lists(_ITEMS, unique=True, max_size=7), st.sets(_ITEMS, max_size=6)), min_size=1, max_size=6)

worlds: st.SearchStrategy[World] = st.builds(
    lambda users, k: World([user[0] for user in users], [user[1] for user in users], k), _USERS, st.integers(1, 9)
)
"""Worlds of up to 6 users, with empty lists and users who chose nothing among them."""


def assert_equals_reference(
    world: World, metric: Callable[[Bools, Counts, int], Doubles], reference: Callable[[list[int], set[int], int], float]
) -> None:
    """Compare a metric with a reference of one user (list, chosen, k), where a user who chose nothing is left out."""
    expected = [
        reference(row, chosen, world.k) if chosen else float("nan")
        for row, chosen in zip(world.lists, world.chosen, strict=True)
    ]
    np.testing.assert_allclose(world.values(metric), expected, rtol=1e-12, atol=0)
