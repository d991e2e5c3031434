import numpy as np
import pytest

from tawny.evaluation.spec import EvaluationSpec

POPULARITY = np.ones(3, np.int64)


@pytest.mark.parametrize("ks", [(), (0, 1), (5, 2), (2, 2)])
def test_lengths_that_are_not_positive_and_ascending_are_refused(ks: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"`ks` must be positive and ascending\. Received: ks = \("):
        EvaluationSpec(ks, POPULARITY, seed=0)


@pytest.mark.parametrize("segments", [("all",), ("new", "new")])
def test_segments_of_the_same_name_are_refused(segments: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"segments must differ from each other and from 'all'"):
        EvaluationSpec((1,), POPULARITY, seed=0, segments=segments)


def test_an_empty_catalog_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs items and resamples\. Received: 0 items, 1000 resamples"):
        EvaluationSpec((1,), np.empty(0, np.int64), seed=0)
