"""Validation: any scorer, over the whole catalog, without what the user has seen."""

from dataclasses import dataclass

import numpy as np
import pytest

from tawny.core.arrays import USERS_AT_ONCE, Floats, Histories, Ragged
from tawny.evaluation.validate import ValidationSample


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


def test_graded_ndcg_is_that_worked_by_hand() -> None:
    # Listed are 3, 2, 1 in order of score. The answers 1 (worth 3) and 3 (worth 1) are at ranks 3 and 1:
    # 1 + 3 / 2 against the best list, 3 + 1 / log2(3). The second row's best list is cut at 3 of its 4 answers.
    plain = sample([[0], [0], [0]], [[1, 3], [1, 2, 3, 4], []], seen=[[0], [], [0]])
    values = Ragged.from_rows([[3.0, 1.0], [1.0, 1.0, 1.0, 1.0], []], np.float32)
    graded = ValidationSample(plain.users, plain.seen, plain.answers, values)
    found = graded.ndcg(Fixed((0.0, 1.0, 2.0, 3.0, -9.0)).score, k=3)
    assert found[:2] == pytest.approx([(1 + 3 / 2) / (3 + 1 / np.log2(3)), 1.0])
    assert np.isnan(found[2])


def test_answers_of_equal_value_are_graded_like_answers_without() -> None:
    plain = sample([[0], [1]], [[1, 2], [0, 3]])
    graded = ValidationSample(plain.users, plain.seen, plain.answers, Ragged.from_rows([[2, 2], [5, 5]], np.float32))
    score = Fixed((1.0, 2.0, 3.0, 4.0)).score
    np.testing.assert_allclose(graded.ndcg(score, k=2), plain.ndcg(score, k=2))


def keyed(keys: list[int]) -> ValidationSample:
    rows = [[row] for row in range(len(keys))]
    plain = sample(rows, rows)
    values = Ragged.from_rows([[row + 0.5] for row in range(len(keys))], np.float32)
    return ValidationSample(plain.users, plain.seen, plain.answers, values, np.array(keys, np.uint64))


def test_halves_share_no_user_and_lose_no_row() -> None:
    bit = 1 << 40
    rows = keyed([7, bit, 7, bit | 7, 1])
    first, second = rows.half(0), rows.half(1)
    assert first.answers.values.tolist() == [0, 2, 4]
    assert second.answers.values.tolist() == [1, 3]
    assert second.keys is not None and second.keys.tolist() == [bit, bit | 7]
    assert second.values is not None and second.values.values.tolist() == [1.5, 3.5]


def test_without_keys_every_second_row_is_of_a_half() -> None:
    rows = sample([[row] for row in range(5)], [[row] for row in range(5)])
    assert rows.half(1).answers.values.tolist() == [1, 3]


def test_shuffled_by_the_users_hashes_the_first_rows_are_a_sample() -> None:
    shuffled = keyed([30, 10, 20, 10]).shuffled()
    assert shuffled.answers.values.tolist() == [1, 3, 2, 0]
    assert shuffled.first(3).answers.values.tolist() == [1, 3, 2]
    assert shuffled.first(9).n_users == 4


def test_recalls_are_the_shares_of_answers_in_lists_of_several_lengths() -> None:
    # In order 1, 2, 3 without item 0. Answers 1 and 3: a half, a half, all; answer 2: none, all, all.
    rows = sample([[0], [0], [0]], [[1, 3], [2], []])
    found = rows.recalls(Fixed((4.0, 3.0, 2.0, 1.0)).score, (1, 2, 3))
    np.testing.assert_allclose(found, [1 / 4, 3 / 4, 1.0])
    assert sample([], []).recalls(Fixed((1.0,)).score, (1, 2)).tolist() == [0, 0]
