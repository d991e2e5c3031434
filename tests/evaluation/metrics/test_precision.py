from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tawny.metrics.precision import precision


def reference(row: list[int], chosen: set[int], k: int) -> float:
    return len(set(row[:k]) & chosen) / k


@given(data=st.data())
def test_agrees_with_a_loop_over_the_list(
    data: st.DataObject, worlds: st.SearchStrategy, assert_equals_reference: Callable[..., None]
) -> None:
    assert_equals_reference(data.draw(worlds), precision, reference)
