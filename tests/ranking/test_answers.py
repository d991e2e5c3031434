"""Graded NDCG of an order of shortlists, against a full sort."""

from dataclasses import replace

import numpy as np

from tawny.core.arrays import Ragged
from tawny.ranking.answers import Answers
from tawny.ranking.examples import Examples

from .synthetic_scores import examples, ndcg


def _graded(n_users: int = 40) -> Examples:
    rng = np.random.default_rng(4)
    plain = examples(rng, n_users, (1.0, 0.2))
    return replace(plain, values=rng.choice([1.0, 3.0, 10.0], len(plain.values)).astype(np.float32))


def test_the_measure_is_graded_ndcg_with_ties_by_place() -> None:
    given = _graded()
    order = np.nan_to_num(given.shortlists.scores[..., 0]).round(1).astype(np.float64)
    np.testing.assert_allclose(given.judged(5).ndcg(order), ndcg(order, given, 5))


def test_the_answers_of_some_rows_are_measured_as_among_all() -> None:
    given = _graded()
    order, chosen = np.nan_to_num(given.shortlists.scores[..., 0]).astype(np.float64), np.array([7, 3, 30])
    expected = given.judged(5).ndcg(order)[chosen]
    np.testing.assert_array_equal(given.judged(5).take(chosen).ndcg(order[chosen]), expected)
    np.testing.assert_array_equal(given.take(chosen).judged(5).ndcg(order[chosen]), expected)


def test_answers_that_no_source_lists_count_zero_but_belong_to_the_best_list() -> None:
    items = np.array([[4, 9, -1], [2, -1, -1]], np.int32)
    answers = Answers.of(items, Ragged.from_rows([[9, 3], [7]]), np.array([1.0, 2.0, 5.0], np.float32), 2)
    # The first row: value 1 at rank 1, of at most 2 + 1 / log2(3).
    expected = [1 / (2 + 1 / np.log2(3)), 0.0]
    np.testing.assert_allclose(answers.ndcg(np.array([[1.0, 2.0, -np.inf], [1.0, -np.inf, -np.inf]])), expected)


def test_an_item_that_is_not_in_the_list_is_no_hit_however_short_the_list_is() -> None:
    answers = Answers.of(np.array([[0, 1, 2]], np.int32), Ragged.from_rows([[0, 2]]), np.ones(2, np.float32), 3)
    expected = (1 / np.log2(2)) / (1 / np.log2(2) + 1 / np.log2(3))
    np.testing.assert_allclose(answers.ndcg(np.array([[-np.inf, -np.inf, 1.0]])), [expected])
