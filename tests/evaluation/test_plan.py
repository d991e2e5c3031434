import numpy as np
import pytest

from tawny.evaluation.plan import Batch, Plan
from tawny.metrics.hits import Relevant

POPULARITY = np.ones(3, np.int64)


@pytest.mark.parametrize("ks", [(), (0, 1), (5, 2), (2, 2)])
def test_lengths_that_are_not_positive_and_ascending_are_refused(ks: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"`ks` must be positive and ascending\. Received: ks = \("):
        Plan(ks, POPULARITY, seed=0)


@pytest.mark.parametrize("segments", [("all",), ("new", "new")])
def test_segments_that_cannot_be_told_apart_are_refused(segments: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"segments must differ from each other and from 'all'"):
        Plan((1,), POPULARITY, seed=0, segments=segments)


def test_an_empty_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs items and resamples\. Received: 0 items, 1000 resamples"):
        Plan((1,), np.empty(0, np.int64), seed=0)


def test_a_batch_whose_parts_are_of_different_users_is_refused() -> None:
    relevant = Relevant(np.array([0, 0]), np.empty(0, np.int32))
    with pytest.raises(ValueError, match=r"one entry per user\. Received: {'keys': 2, 'lists': 1, 'relevant': 1}"):
        Batch(np.zeros(2, np.uint64), np.zeros((1, 1), np.int32), relevant)
