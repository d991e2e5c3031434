from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tawny.metrics.mrr import mrr


def reference(row: list[int], chosen: set[int], k: int) -> float:
    for rank, item in enumerate(row[:k], start=1):
        if item in chosen:
            return 1 / rank
    return 0.0


@given(data=st.data())
def test_agrees_with_a_loop_over_the_list(
    data: st.DataObject, worlds: st.SearchStrategy, assert_equals_reference: Callable[..., None]
) -> None:
    assert_equals_reference(data.draw(worlds), mrr, reference)
