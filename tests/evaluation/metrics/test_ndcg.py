from collections.abc import Callable
from math import log

from hypothesis import given
from hypothesis import strategies as st

from tawny.metrics.ndcg import ndcg


def reference(row: list[int], chosen: set[int], k: int) -> float:
    gain = sum(log(2) / log(rank + 1) for rank, item in enumerate(row[:k], start=1) if item in chosen)
    return gain / sum(log(2) / log(rank + 1) for rank in range(1, min(k, len(chosen)) + 1))


@given(data=st.data())
def test_agrees_with_a_loop_over_the_list(
    data: st.DataObject, worlds: st.SearchStrategy, assert_equals_reference: Callable[..., None]
) -> None:
    assert_equals_reference(data.draw(worlds), ndcg, reference)
