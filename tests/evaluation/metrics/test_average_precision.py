from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tawny.metrics.average_precision import average_precision


def reference(row: list[int], chosen: set[int], k: int) -> float:
    total = 0.0
    for rank in range(1, min(k, len(row)) + 1):
        if row[rank - 1] in chosen:
            total += len(set(row[:rank]) & chosen) / rank
    return total / min(k, len(chosen))


@given(data=st.data())
def test_agrees_with_a_loop_over_the_list(
    data: st.DataObject, worlds: st.SearchStrategy, assert_equals_reference: Callable[..., None]
) -> None:
    assert_equals_reference(data.draw(worlds), average_precision, reference)
