"""So many items of a kind, and never a shorter list."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tawny.core.arrays import top_k
from tawny.ranking.policy import best_of_each_kind

KINDS = np.array([0, 0, 0, 1, -1, -1, -1, -1], np.int32)


def _listed(scores: list[float], items: list[int], k: int, most: int) -> list[int]:
    own = np.array([items], np.int32)
    columns, best = best_of_each_kind(np.array([scores], np.float32), own, KINDS, k, most)
    assert (np.diff(best[0][columns[0] >= 0]) <= 0).all()
    return [items[column] for column in columns[0] if column >= 0]


def test_the_third_of_a_kind_is_passed_over() -> None:
    assert _listed([9, 8, 7, 6], [0, 1, 2, 3], k=3, most=2) == [0, 1, 3]


def test_what_was_passed_over_fills_up_a_list_that_would_be_shorter_in_the_order_of_scores() -> None:
    assert _listed([9, 8, 7, 6], [0, 1, 2, 3], k=4, most=1) == [0, 1, 2, 3]
    assert _listed([9, 8, 7, 6], [0, 1, 2, 3], k=3, most=1) == [0, 1, 3]


def test_items_without_a_category_are_never_too_many() -> None:
    assert _listed([9, 8, 7, 6], [4, 5, 6, 7], k=4, most=1) == [4, 5, 6, 7]


def test_padding_and_items_that_must_not_be_listed_are_not_taken() -> None:
    assert _listed([9, -np.inf, 7, -np.inf], [0, 1, 3, -1], k=4, most=1) == [0, 3]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(-1, 3)), min_size=1, max_size=12), st.integers(1, 6), st.integers(1, 4)
)
def test_no_list_is_shorter_and_no_kind_has_more_while_others_are_left(
    given_items: list[tuple[int, int]], k: int, most: int
) -> None:
    scores = np.array([[score for score, _ in given_items]], np.float32)
    kinds = np.array([kind for _, kind in given_items], np.int32)
    items = np.arange(len(kinds), dtype=np.int32)[None]
    columns, best = best_of_each_kind(scores, items, kinds, k, most)
    free, free_best = top_k(scores, k)
    assert ((columns >= 0) == (free >= 0)).all()
    assert best[0, 0] == free_best[0, 0]
    own = kinds[columns[0][columns[0] >= 0]].tolist()
    excess = sum(max(0, own.count(kind) - most) for kind in set(own) - {-1})
    n_allowed = sum(min(most, kinds.tolist().count(kind)) for kind in set(kinds.tolist()) - {-1}) + kinds.tolist().count(-1)
    assert excess == max(0, len(own) - n_allowed)
