from math import isnan, log2

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tawny.evaluation.metrics.novelty import novelty

from .conftest import N_ITEMS, World, worlds


@given(worlds, st.lists(st.integers(0, 1000), min_size=N_ITEMS, max_size=N_ITEMS))
def test_agrees_with_a_loop_over_the_list(world: World, popularity: list[int]) -> None:
    values = novelty(world.padded, np.array(popularity), world.k)
    for value, row in zip(values, world.lists, strict=True):
        bits = [log2(sum(popularity) + 9) - log2(popularity[item] + 1) for item in row[: world.k]]
        assert abs(value - sum(bits) / len(bits)) < 1e-9 if bits else isnan(value)


def test_rare_items_are_more_novel_than_popular_ones() -> None:
    popular, rare = novelty(np.array([[0], [1]], np.int32), np.array([1000, 1]), 1)
    assert rare > popular
