from hypothesis import given

from tawny.evaluation.metrics.precision import precision

from .conftest import World, assert_equals_reference, worlds


def reference(row: list[int], chosen: set[int], k: int) -> float:
    return len(set(row[:k]) & chosen) / k


@given(worlds)
def test_agrees_with_a_loop_over_the_list(world: World) -> None:
    assert_equals_reference(world, precision, reference)
