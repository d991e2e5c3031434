import numpy as np
import pytest
from hypothesis import given

from tawny.core.arrays import Ragged
from tawny.evaluation.metrics.hits import first_k, gains, hits

from .conftest import World, worlds


@given(worlds)
def test_a_place_is_a_hit_when_its_user_chose_its_item(world: World) -> None:
    expected = [[item in chosen for item in row] for row, chosen in zip(world.padded.tolist(), world.chosen, strict=True)]
    assert hits(world.padded, world.relevant).tolist() == expected


@given(worlds)
def test_what_a_user_chose_twice_is_relevant_once(world: World) -> None:
    twice = Ragged.from_rows([[*chosen, *reversed(list(chosen))] for chosen in world.chosen])
    assert twice.n_distinct.tolist() == [len(chosen) for chosen in world.chosen]
    assert hits(world.padded, twice).tolist() == hits(world.padded, world.relevant).tolist()


def test_a_list_that_names_an_item_twice_is_refused_with_its_row() -> None:
    lists = np.array([[1, 2, -1, -1], [7, 3, 7, -1]], np.int32)
    with pytest.raises(ValueError, match=r"a list must name an item once\. Received: row 1 names item 7 twice\. Remove"):
        hits(lists, Ragged.from_rows([[], []]))


def test_lists_and_choices_of_different_users_are_refused() -> None:
    with pytest.raises(ValueError, match=r"of the same users\. Received: 3 and 1 users"):
        hits(np.zeros((3, 1), np.int32), Ragged.from_rows([[]]))


def test_a_length_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`k` must be a positive integer\. Received: k = 0"):
        first_k(np.zeros((1, 1), np.bool_), 0)


@pytest.mark.parametrize(
    ("chosen", "values", "came"),
    [
        ([[1, 2]], [3.0], "1 values of 2 items, the least 3.0"),
        ([[1, 2]], [3.0, 0.0], "2 values of 2 items, the least 0.0"),
        ([[1, 1]], [3.0, 2.0], "an item twice"),
    ],
)
def test_values_that_are_not_one_above_0_for_each_item_are_refused(
    chosen: list[list[int]], values: list[float], came: str
) -> None:
    with pytest.raises(ValueError, match=f"Received: {came}"):
        gains(np.array([[1]], np.int32), Ragged.from_rows(chosen), np.array(values, np.float32))
