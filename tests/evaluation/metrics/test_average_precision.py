from hypothesis import given

from tawny.evaluation.metrics.average_precision import average_precision

from .conftest import World, assert_equals_reference, worlds


def reference(row: list[int], chosen: set[int], k: int) -> float:
    total = 0.0
    for rank in range(1, min(k, len(row)) + 1):
        if row[rank - 1] in chosen:
            total += len(set(row[:rank]) & chosen) / rank
    return total / min(k, len(chosen))


@given(worlds)
def test_agrees_with_a_loop_over_the_list(world: World) -> None:
    assert_equals_reference(world, average_precision, reference)
