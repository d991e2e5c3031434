"""Examples: what an entry is predicted from, where order counts and where it does not."""

from dataclasses import replace

import numpy as np
import pytest

from tawny.core.arrays import Counts, Floats, Histories
from tawny.models.two_tower.examples import Examples, View, examples_of
from tawny.models.two_tower.windows import PADDED


def users(features: Floats | None = None) -> Histories:
    """One user took 7, 8, 9, one nothing, one 5 and 6."""
    items = np.array([7, 8, 9, 5, 6], np.int32)
    return Histories(np.array([0, 3, 3, 5]), items, np.ones(5, np.float32), np.zeros(5, np.float32), features)


def every(examples: Examples) -> Counts:
    return np.arange(len(examples))


def view(examples: Examples, length: int, seed: int = 0) -> View:
    keys = np.random.default_rng(seed).random((len(examples), examples.n_keys), np.float32)
    return examples.view(every(examples), length, keys)


def shown(seen: View) -> list[list[int]]:
    """The items in each window."""
    return [row[weights != PADDED].tolist() for row, weights in zip(seen.window, seen.log_weights, strict=True)]


def test_every_entry_but_the_first_is_predicted_from_those_before() -> None:
    examples = examples_of(users(), is_ordered=True)
    seen = view(examples, 2)
    assert examples.targets(every(examples)).tolist() == [8, 9, 6]
    assert seen.window.tolist() == [[7, 0], [8, 7], [5, 0]]
    assert (seen.log_weights == PADDED).tolist() == [[False, True], [False, False], [False, True]]
    assert seen.taken.tolist() == [[7, -1], [8, 7], [5, -1]]
    assert examples.features(every(examples)).shape == (3, 0)


def test_with_features_the_first_entry_is_predicted_from_them() -> None:
    examples = examples_of(users(np.array([[1.0], [2.0], [3.0]], np.float32)), is_ordered=True)
    assert examples.targets(every(examples)).tolist() == [7, 8, 9, 5, 6]
    assert examples.features(every(examples)).ravel().tolist() == [1, 1, 1, 3, 3]
    assert shown(view(examples, 1)) == [[], [7], [8], [], [5]]


@pytest.mark.parametrize("is_ordered", [True, False])
def test_features_without_columns_are_no_features(is_ordered: bool) -> None:
    assert len(examples_of(users(np.zeros((3, 0), np.float32)), is_ordered=is_ordered)) == (3 if is_ordered else 5)


def test_in_a_set_every_entry_is_predicted_from_all_others() -> None:
    examples = examples_of(users(), is_ordered=False)
    assert examples.targets(every(examples)).tolist() == [7, 8, 9, 5, 6]
    seen = view(examples, 4)
    assert [sorted(row) for row in shown(seen)] == [[8, 9], [7, 9], [7, 8], [6], [5]]
    assert seen.window.shape == (5, 4)


def test_a_set_larger_than_the_window_shows_every_other_entry_equally_often() -> None:
    # 6 entries, 2 of the 5 others in each window: each is in 2/5 of the windows, in either place.
    many = Histories(np.array([0, 6]), np.arange(6, dtype=np.int32), np.ones(6, np.float32), np.zeros(6, np.float32))
    examples = examples_of(many, is_ordered=False)
    windows = np.stack([view(examples, 2, seed).window for seed in range(2000)])
    for example in range(6):
        first, second = (np.bincount(windows[:, example, place], minlength=6) / 2000 for place in (0, 1))
        assert first[example] == second[example] == 0
        assert np.delete(first, example) == pytest.approx(np.full(5, 0.2), abs=0.04)
        assert np.delete(second, example) == pytest.approx(np.full(5, 0.2), abs=0.04)


def test_in_a_set_all_items_of_the_user_are_no_negatives() -> None:
    seen = view(examples_of(users(), is_ordered=False), 1)
    assert seen.taken.tolist() == [[7, 8, 9], [7, 8, 9], [7, 8, 9], [5, 6, -1], [5, 6, -1]]


def test_in_a_set_the_answer_is_not_shown_where_it_comes_again() -> None:
    twice = Histories(
        np.array([0, 3, 5]), np.array([4, 5, 4, 6, 6], np.int32), np.ones(5, np.float32), np.zeros(5, np.float32)
    )
    examples = examples_of(twice, is_ordered=False)
    # The second user has a single item, twice: there is nothing to predict it from, except features.
    assert examples.targets(every(examples)).tolist() == [4, 5, 4]
    assert [sorted(row) for row in shown(view(examples, 3))] == [[5], [4, 4], [5]]
    described = examples_of(replace(twice, features=np.ones((2, 1), np.float32)), is_ordered=False)
    assert shown(view(described, 3))[3:] == [[], []]
