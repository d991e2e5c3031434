"""Examples: what came before, and what was taken next."""

import numpy as np

from tawny.core.arrays import Floats, Histories
from tawny.models.two_tower.batches import next_item_examples
from tawny.models.two_tower.windows import PADDED


def users(features: Floats | None = None) -> Histories:
    """One user took 7, 8, 9, one nothing, one 5 and 6."""
    items = np.array([7, 8, 9, 5, 6], np.int32)
    return Histories(np.array([0, 3, 3, 5]), items, np.ones(5, np.float32), np.zeros(5, np.float32), features)


def test_every_entry_but_the_first_is_predicted_from_those_before() -> None:
    examples = next_item_examples(users())
    every = np.arange(len(examples))
    items, log_weights = examples.histories(every, 2)
    assert examples.targets(every).tolist() == [8, 9, 6]
    assert items.tolist() == [[7, 0], [8, 7], [5, 0]]
    assert (log_weights == PADDED).tolist() == [[False, True], [False, False], [False, True]]
    assert examples.features(every).shape == (3, 0)


def test_with_features_the_first_entry_is_predicted_from_them() -> None:
    examples = next_item_examples(users(np.array([[1.0], [2.0], [3.0]], np.float32)))
    every = np.arange(len(examples))
    assert examples.targets(every).tolist() == [7, 8, 9, 5, 6]
    assert examples.features(every).ravel().tolist() == [1, 1, 1, 3, 3]
    assert (examples.histories(every, 1)[1] == PADDED).ravel().tolist() == [True, False, False, True, False]


def test_features_without_columns_are_no_features() -> None:
    assert len(next_item_examples(users(np.zeros((3, 0), np.float32)))) == 3
