"""The climb, and the measure that it climbs."""

import numpy as np
import pytest

from tawny.core.arrays import Bools, Doubles
from tawny.ranking.coordinate_ascent import Answers, climb

from .synthetic_scores import mean_ndcg, synthetic_scores


def _answers(k: int, n_users: int = 40) -> tuple[Doubles, Answers, Bools]:
    scores, is_relevant, n_relevant = synthetic_scores(np.random.default_rng(4), n_users, (1.0, 0.2))
    some = n_relevant > 0
    order = np.nan_to_num(scores[some]).round(1).astype(np.float64)
    return order, Answers.from_padded(is_relevant[some], n_relevant[some], k), is_relevant[some]


def test_the_measure_is_ndcg_with_ties_by_place() -> None:
    order, answers, is_relevant = _answers(k=5)
    expected = mean_ndcg(order[..., 0], is_relevant, is_relevant.sum(axis=1), 5)
    assert answers.ndcg(order[..., 0]).mean() == pytest.approx(expected)


def test_the_answers_of_some_users_are_measured_as_among_all() -> None:
    order, answers, _ = _answers(k=5)
    chosen = np.arange(len(order)) % 3 == 1
    np.testing.assert_array_equal(answers.take(chosen).ndcg(order[chosen, :, 0]), answers.ndcg(order[..., 0])[chosen])


def test_a_user_whose_items_no_source_lists_counts_zero() -> None:
    answers = Answers.from_padded(np.zeros((1, 2), np.bool_), np.array([3]), 2)
    assert answers.ndcg(np.array([[1.0, 2.0]])).tolist() == [0.0]


def test_the_weights_are_a_mixture_no_worse_than_any_single_source() -> None:
    sources, answers, _ = _answers(k=5)
    weights = climb(sources, answers)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    singles = [answers.ndcg(sources[..., s]).mean() for s in range(2)]
    assert answers.ndcg(sources @ weights).mean() >= max(singles)
