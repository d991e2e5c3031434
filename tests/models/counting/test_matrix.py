import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tawny.models.counting.matrix import scale, top_of_rows
from tawny.models.store import load_model, to_files
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.testing.worlds import histories

ROWS = st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=5)


@settings(deadline=None)  # the first call compiles, 11 s on a clean clone
@given(ROWS, st.integers(1, 7))
def test_the_largest_of_every_row_are_those_of_a_full_sort(rows: list[list[int]], n: int) -> None:
    found = top_of_rows(sparse.csr_array(np.array(rows, np.float64)), n).toarray()
    for row, kept in zip(rows, found, strict=True):
        best = sorted(range(6), key=lambda column: (-row[column], column))[:n]
        assert kept.tolist() == [value if column in best else 0 for column, value in enumerate(row)]


def test_a_matrix_whose_columns_are_not_in_order_is_cut_alike() -> None:
    unsorted = sparse.csr_array((np.array([2.0, 3.0, 2.0]), np.array([2, 1, 0]), np.array([0, 3])), shape=(1, 3))
    assert top_of_rows(unsorted, 2).toarray().tolist() == [[2, 3, 0]]


def test_rows_and_columns_are_scaled() -> None:
    scaled = scale(sparse.csr_array(np.array([[1.0, 0.0], [2.0, 3.0]])), np.array([2.0, 5.0]), np.array([1.0, 10.0]))
    assert scaled.toarray().tolist() == [[2, 0], [10, 150]]


def test_an_empty_model_scores_nothing_and_is_kept_like_any_other() -> None:
    model = Transitions.empty(3, TransitionsSettings(window=2))
    loaded = load_model(to_files(model))
    assert loaded.settings == TransitionsSettings(window=2)
    users, items = histories([[0, 1], []]), np.array([[2, -1], [0, 1]], np.int32)
    for one in (model, loaded):
        np.testing.assert_array_equal(one.score(users), np.full((2, 3), -np.inf, np.float32))
        assert np.isnan(one.score_items(users, items)).all()
        assert not one.contributions(users, items).any()
