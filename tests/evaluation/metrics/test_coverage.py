import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tawny.evaluation.metrics.coverage import coverage


@given(st.lists(st.integers(0, 3), min_size=1))
def test_is_the_share_of_items_that_anyone_was_shown(times_listed: list[int]) -> None:
    shown = [n for n in times_listed if n > 0]
    assert coverage(np.array(times_listed)) == len(shown) / len(times_listed)
