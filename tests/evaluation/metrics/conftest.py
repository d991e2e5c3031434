"""Made batches for the metrics' tests, as plain lists and sets so that a reference can be written without numpy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from tawny.metrics.hits import Bools, Counts, Relevant, Values, hits

N_ITEMS = 9


@dataclass(frozen=True)
class World:
    """What each user was shown, best first, and what the user chose, of 9 items."""

    lists: list[list[int]]
    chosen: list[set[int]]
    k: int

    @property
    def padded(self) -> NDArray[np.int32]:
        width = max([1, *map(len, self.lists)])
        return np.array([row + [-1] * (width - len(row)) for row in self.lists], np.int32).reshape(-1, width)

    @property
    def relevant(self) -> Relevant:
        indptr = np.cumsum([0, *map(len, self.chosen)]).astype(np.int64)
        return Relevant(indptr, np.array([item for items in self.chosen for item in items], np.int32))

    def judge(self, metric: Callable[[Bools, Counts, int], Values]) -> Values:
        return metric(hits(self.padded, self.relevant), self.relevant.n_relevant, self.k)

    def relabelled(self, names: Sequence[int]) -> "World":
        lists = [[names[item] for item in row] for row in self.lists]
        return World(lists, [{names[item] for item in items} for items in self.chosen], self.k)


@pytest.fixture(scope="session")
def worlds() -> st.SearchStrategy[World]:
    """Worlds of up to 6 users, with empty lists and users who chose nothing among them."""
    items = st.integers(0, N_ITEMS - 1)
    user = st.tuples(st.lists(items, unique=True, max_size=7), st.sets(items, max_size=6))
    users = st.lists(user, min_size=1, max_size=6)
    return st.builds(lambda users, k: World([u[0] for u in users], [u[1] for u in users], k), users, st.integers(1, 9))


@pytest.fixture(scope="session")
def assert_equals_reference() -> Callable[..., None]:
    """Compares a metric with a reference of one user (list, chosen, k), where a user who chose nothing is left out."""

    def check(
        world: World, metric: Callable[[Bools, Counts, int], Values], reference: Callable[[list[int], set[int], int], float]
    ) -> None:
        expected = [
            reference(row, chosen, world.k) if chosen else float("nan")
            for row, chosen in zip(world.lists, world.chosen, strict=True)
        ]
        np.testing.assert_allclose(world.judge(metric), expected, rtol=1e-12, atol=0)

    return check
