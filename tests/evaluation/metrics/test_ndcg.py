from math import log

from hypothesis import given

from tawny.evaluation.metrics.ndcg import ndcg

from .conftest import World, assert_equals_reference, worlds


def reference(row: list[int], chosen: set[int], k: int) -> float:
    gain = sum(log(2) / log(rank + 1) for rank, item in enumerate(row[:k], start=1) if item in chosen)
    return gain / sum(log(2) / log(rank + 1) for rank in range(1, min(k, len(chosen)) + 1))


@given(worlds)
def test_agrees_with_a_loop_over_the_list(world: World) -> None:
    assert_equals_reference(world, ndcg, reference)
