from hypothesis import given

from tawny.evaluation.metrics.hit_rate import hit_rate

from .conftest import World, assert_equals_reference, worlds


def reference(row: list[int], chosen: set[int], k: int) -> float:
    return float(not chosen.isdisjoint(row[:k]))


@given(worlds)
def test_agrees_with_a_loop_over_the_list(world: World) -> None:
    assert_equals_reference(world, hit_rate, reference)
