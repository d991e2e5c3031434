from hypothesis import given

from tawny.evaluation.metrics.mrr import mrr

from .conftest import World, assert_equals_reference, worlds


def reference(row: list[int], chosen: set[int], k: int) -> float:
    for rank, item in enumerate(row[:k], start=1):
        if item in chosen:
            return 1 / rank
    return 0.0


@given(worlds)
def test_agrees_with_a_loop_over_the_list(world: World) -> None:
    assert_equals_reference(world, mrr, reference)
