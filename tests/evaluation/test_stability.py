import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tawny.evaluation.stability import chance_index, stability_index

COUNTS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=2, max_size=12)


@given(COUNTS)
def test_the_index_is_symmetric_and_never_below_zero(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    assert stability_index(one, other) >= 0
    assert np.isclose(stability_index(one, other), stability_index(other, one))
    assert stability_index(one, one) == 0


def test_chance_exceeds_its_index_about_once_in_twenty_nights() -> None:
    rng, shares = np.random.default_rng(7), np.full(10, 0.1)
    indices = [stability_index(rng.multinomial(4_000, shares), rng.multinomial(500, shares)) for _ in range(2_000)]
    assert 0.035 < np.mean(np.array(indices) > chance_index(10, 4_000, 500)) < 0.065
