"""Scores of different sources, on one scale."""

import numpy as np
import pyarrow as pa

from tawny.ranking.shortlists import Shortlists, comparable

NAN = np.nan


def test_reciprocal_ranks_count_among_the_items_that_a_source_can_score() -> None:
    scores = np.array([[[5.0, NAN], [7.0, 1.0], [NAN, NAN]]], np.float32)
    found = comparable(scores, "reciprocal_rank", 1.0)[0]
    np.testing.assert_allclose(found, [[2 / 3, 0.0], [1.0, 1.0], [0.0, 0.0]])


def test_standardised_scores_are_deviations_above_the_lowest() -> None:
    """Mean 4 and standard deviation 2 of 2, 4 and 6: sqrt((4 + 0 + 4) / 3)."""
    scores = np.array([[[2.0], [4.0], [NAN], [6.0]]], np.float32)
    step = 2 / np.sqrt(8 / 3)
    np.testing.assert_allclose(comparable(scores, "standardised", 1.0)[0, :, 0], [0, step, 0, 2 * step])


def test_equal_scores_and_a_source_without_scores_are_all_zero() -> None:
    scores = np.array([[[2.0, NAN], [2.0, NAN]]], np.float32)
    assert not comparable(scores, "standardised", 1.0).any()


def test_shortlists_of_different_length_are_padded() -> None:
    kind = pa.struct({"item_index": pa.int32(), "scores": pa.list_(pa.float32()), "ranks": pa.list_(pa.int32())})
    first, second = ({"item_index": item, "scores": [1.0 * item], "ranks": [item]} for item in (1, 7))
    found = Shortlists.from_arrow(pa.array([[second], [], [first, second]], pa.list_(kind)).slice(1), 1)
    assert found.items.tolist() == [[-1, -1], [1, 7]]
    assert found.ranks[..., 0].tolist() == [[0, 0], [1, 7]]
    np.testing.assert_array_equal(found.scores[..., 0], [[NAN, NAN], [1.0, 7.0]])


def test_a_batch_without_a_candidate_has_one_padded_place() -> None:
    kind = pa.struct({"item_index": pa.int32(), "scores": pa.list_(pa.float32()), "ranks": pa.list_(pa.int32())})
    found = Shortlists.from_arrow(pa.array([[]], pa.list_(kind)), 2)
    assert (found.items.tolist(), found.scores.shape) == ([[-1]], (1, 1, 2))
