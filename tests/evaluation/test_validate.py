"""Validation: any scorer, over the whole catalog, without what the user has seen."""

import logging
from dataclasses import dataclass

import numpy as np
import pytest

from tawny.core.arrays import USERS_AT_ONCE, Floats, Histories, Ragged
from tawny.evaluation.validate import ValidationSample, best_settings


@dataclass(frozen=True)
class Fixed:
    """Gives every user the scores of one line."""

    line: tuple[float, ...]

    def score(self, users: Histories, /) -> Floats:
        return np.tile(np.array(self.line, np.float32), (users.n_users, 1))


def sample(histories: list[list[int]], answers: list[list[int]], seen: list[list[int]] | None = None) -> ValidationSample:
    items = Ragged.from_rows(histories)
    ones = np.ones(len(items.values), np.float32)
    users = Histories(items.indptr, items.values, ones, ones)
    return ValidationSample(users, Ragged.from_rows(seen or histories), Ragged.from_rows(answers))


def test_ndcg_is_that_worked_by_hand_without_the_seen_items() -> None:
    # The order is 0, 1, 2, 3. Without item 0, item 2 is at rank 2; without 0 and 1 at rank 1; item 3 is beyond rank 2.
    validation = sample([[0], [3], [0]], [[2], [2], [3]], seen=[[0], [1, 0], [0]])
    values = validation.ndcg(Fixed((4.0, 3.0, 2.0, 1.0)).score, k=2)
    assert values.dtype == np.float64
    assert values == pytest.approx([1 / np.log2(3), 1.0, 0.0])


def test_a_user_without_an_answer_has_no_ndcg() -> None:
    assert np.isnan(sample([[0]], [[]]).ndcg(Fixed((2.0, 1.0)).score, k=1)).tolist() == [True]


def test_hits_leave_the_scores_as_they_are() -> None:
    scores = np.array([[3.0, 2.0, 1.0]], np.float32)
    assert sample([[0]], [[1]]).hits(scores, k=3).tolist() == [[True, False, False]]
    assert scores.tolist() == [[3.0, 2.0, 1.0]]


def test_users_without_history_or_answer_are_left_out() -> None:
    subsample = sample([[0], [], [1], [2]], [[2], [3], [], [4]]).subsample(10)
    assert subsample.users.items.tolist() == [0, 2]
    assert subsample.seen.values.tolist() == [0, 2]
    assert subsample.answers.values.tolist() == [2, 4]


def test_of_too_many_users_an_even_subsample_is_taken() -> None:
    subsample = sample([[i] for i in range(9)], [[i] for i in range(9)]).subsample(3)
    assert subsample.users.items.tolist() == [0, 4, 8]


def test_without_any_user_nothing_fails() -> None:
    nobody = sample([[]], [[1]]).subsample(5)
    assert nobody.n_users == 0
    assert nobody.ndcg(Fixed((1.0,)).score, k=1).tolist() == []
    assert list(nobody.blocks()) == []


def test_workers_share_the_users_block_by_block() -> None:
    validation = sample([[i] for i in range(10)], [[i] for i in range(10)])
    shares = [[block.users.items.tolist() for block in validation.blocks(rank, 2, at_once=3)] for rank in (0, 1)]
    assert shares == [[[0, 1, 2], [6, 7, 8]], [[3, 4, 5], [9]]]
    assert [block.n_users for block in validation.blocks()] == [10]


def test_more_users_than_a_block_holds_get_the_values_of_their_own_answers() -> None:
    n = USERS_AT_ONCE + 9
    values = sample([[2]] * n, [[user % 2] for user in range(n)]).ndcg(Fixed((2.0, 1.0, 0.0)).score, k=1)
    assert values.tolist() == [1.0 - user % 2 for user in range(n)]


def test_the_settings_with_the_best_mean_are_chosen_and_each_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    lines = [(1.0, 2.0, 3.0), (1.0, 3.0, 2.0), (1.0, 3.0, 1.0)]
    with caplog.at_level(logging.INFO):
        assert best_settings(lines, Fixed, sample([[0], [0]], [[1], []]), k=1, name="fixed") == lines[1]
    assert [record.message for record in caplog.records] == [
        f"tune model=fixed ndcg_1={value} settings={line}"
        for value, line in zip(("0.0000", "1.0000", "1.0000"), lines, strict=True)
    ]


def test_where_no_user_has_an_answer_the_first_settings_stay_and_nothing_is_fitted() -> None:
    def fit(line: str) -> Fixed:
        raise AssertionError(f"fitted {line}")

    for validation in (sample([], []), sample([[0]], [[]])):
        assert best_settings(("first", "second"), fit, validation, k=1, name="fixed") == "first"
    assert best_settings(("only",), fit, sample([[0]], [[1]]), k=1, name="fixed") == "only"
