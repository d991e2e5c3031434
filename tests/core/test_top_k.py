import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tawny.core.arrays import top_k

# Few distinct values, so that ties are everywhere.
VALUES = st.sampled_from([-np.inf, -2.0, -1.0, 0.0, 0.5, 1.0])
SCORES = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=VALUES)


@given(SCORES, st.integers(1, 15))
def test_it_is_the_head_of_a_full_sort_with_ties_by_index(scores: np.ndarray, k: int) -> None:
    items, best = top_k(scores, k)
    for row, (own_items, own_best) in enumerate(zip(items, best, strict=True)):
        order = sorted(
            (item for item in range(scores.shape[1]) if scores[row, item] > -np.inf), key=lambda i: (-scores[row, i], i)
        )
        order = order[:k]
        assert own_items.tolist() == order + [-1] * (k - len(order))
        assert own_best.tolist() == [scores[row, item] for item in order] + [-np.inf] * (k - len(order))


def test_without_items_the_list_is_all_padding() -> None:
    items, best = top_k(np.empty((2, 0), np.float32), 3)
    assert (items == -1).all()
    assert np.isneginf(best).all()


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="must not hold NaN"):
        top_k(np.array([[np.nan]], np.float32), 1)


def test_a_list_of_no_items_is_refused() -> None:
    with pytest.raises(ValueError, match="k = 0"):
        top_k(np.zeros((1, 1), np.float32), 0)
