"""What reasons say is held against what leaving an entry out does, by models whose answer is known."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
import pytest

from tawny.core.arrays import Arrays, Floats, Histories, Ints
from tawny.core.settings import Settings
from tawny.evaluation.spec import EvaluationSpec
from tawny.models.base import Model, history_matrix
from tawny.models.popularity.model import Popularity
from tawny.models.popularity.settings import PopularitySettings
from tawny.ranking.agreement import agreement, agreement_row, without_each
from tawny.testing.worlds import histories

N_ITEMS = 30
SPEC = EvaluationSpec((2,), np.ones(N_ITEMS, np.int64), seed=3, n_resamples=200)


class Additive(Model):
    """Every entry adds its own part to a score; what it says it adds may be something else."""

    name = "additive"
    settings_class = Settings

    def __init__(self, parts: Floats, said: Floats) -> None:
        self.parts, self.said = parts, said

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: Settings, rng: np.random.Generator) -> Self:
        raise NotImplementedError

    def score(self, users: Histories) -> Floats:
        scores = np.asarray(history_matrix(users, N_ITEMS) @ self.parts, np.float32)
        scores[users.lengths == 0] = -np.inf
        return scores

    def contributions(self, users: Histories, items: Ints) -> Floats:
        found = self.said[users.items[:, None], items[users.rows]]
        return np.asarray(np.where(items[users.rows] >= 0, found, 0), np.float32)

    def arrays(self) -> Arrays:
        return {}


def some_parts() -> Floats:
    return np.random.default_rng(0).uniform(0.5, 2, (N_ITEMS, N_ITEMS)).astype(np.float32)


def some_users(n_users: int = 40) -> tuple[Histories, Ints]:
    """Users of 3 to 12 different entries, and 4 listed items each, the last of which may be padding."""
    rng = np.random.default_rng(1)
    users = histories([rng.permutation(N_ITEMS)[: rng.integers(3, 13)].tolist() for _ in range(n_users)])
    listed = rng.integers(0, N_ITEMS, (n_users, 4)).astype(np.int32)
    listed[::3, 3] = -1
    return users, listed


def test_what_adds_up_and_says_so_agrees_wholly() -> None:
    parts = some_parts()
    np.testing.assert_allclose(agreement(Additive(parts, parts), *some_users()), 1, rtol=1e-12)


def test_what_says_the_opposite_disagrees_wholly() -> None:
    parts = some_parts()
    np.testing.assert_allclose(agreement(Additive(parts, -parts), *some_users()), -1, rtol=1e-12)


def test_shuffled_reasons_hold_by_chance_only() -> None:
    parts = some_parts()
    shuffled = np.random.default_rng(2).permuted(parts, axis=0)
    found = agreement(Additive(parts, shuffled), *some_users(200))
    assert abs(found.mean()) < 0.1
    assert found.std() > 0.1


def test_the_mean_is_over_the_items_that_have_a_correlation() -> None:
    # The three entries of the user add 1, 2 and 3 to item 5 and say so; of item 6 they say it the other way round, and of
    # item 7 that all add the same.
    parts, said = np.zeros((N_ITEMS, N_ITEMS), np.float32), np.zeros((N_ITEMS, N_ITEMS), np.float32)
    parts[:3, 5:8] = np.array([[1], [2], [3]])
    said[:3, 5], said[:3, 6] = [1, 2, 3], [9, 3, 1]
    users = histories([[0, 1, 2]])
    for items, expected in (([5], 1), ([6], -1), ([5, 5, 6, 7, -1], 1 / 3)):
        assert agreement(Additive(parts, said), users, np.array([items], np.int32)) == pytest.approx([expected])
    assert np.isnan(agreement(Additive(parts, said), users, np.array([[7, -1]], np.int32))).all()


def test_two_entries_are_too_few_for_an_order() -> None:
    parts, users = some_parts(), histories([[0, 1], [], [0, 1, 2]])
    found = agreement(Additive(parts, parts), users, np.array([[5], [5], [5]], np.int32))
    assert np.isnan(found).tolist() == [True, True, False]


def test_popularity_has_no_reasons_that_could_hold() -> None:
    model = Popularity(np.arange(N_ITEMS, dtype=np.float32), PopularitySettings())
    assert np.isnan(agreement(model, *some_users())).all()


def test_differences_of_rounding_are_no_order() -> None:
    # All three entries add the same; the scores without one differ in the last bit, as float32 sums do.
    class Noisy(Additive):
        def score(self, users: Histories) -> Floats:
            scores = super().score(users)
            return scores * (1 + np.float32(1e-7) * users.items[users.indptr[:-1], None])

    ones = np.ones((N_ITEMS, N_ITEMS), np.float32)
    assert np.isnan(agreement(Noisy(ones, some_parts()), histories([[3, 4, 5]]), np.array([[1]], np.int32))).all()


def test_a_history_without_an_entry_keeps_all_that_the_others_have() -> None:
    users = histories([[4, 5, 6], [7, 8]])
    described = replace(
        users, features=np.array([[0.5], [1.5]], np.float32), types=np.arange(5, dtype=np.int8), weights=users.ages_days * 2
    )
    left = without_each(described, np.array([1, 3, 4]))
    assert left.indptr.tolist() == [0, 2, 3, 4]
    assert left.items.tolist() == [4, 6, 8, 7]
    assert left.ages_days.tolist() == [3, 1, 1, 2]
    assert left.weights.tolist() == [6, 2, 2, 4]
    assert left.types is not None and left.types.tolist() == [0, 2, 4, 3]
    assert left.features is not None and left.features.tolist() == [[0.5], [1.5], [1.5]]


def test_blocks_of_entries_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    parts, (users, listed) = some_parts(), some_users(10)
    model: Any = Additive(parts, np.random.default_rng(2).permuted(parts, axis=0))
    whole = agreement(model, users, listed)
    monkeypatch.setattr("tawny.ranking.agreement.USERS_AT_ONCE", 7)
    np.testing.assert_array_equal(agreement(model, users, listed), whole)


def test_the_row_has_the_mean_of_those_that_have_an_agreement() -> None:
    values, keys = np.array([0.5, np.nan, 1.0, 0.9]), np.arange(4, dtype=np.uint64)
    row = agreement_row(values, keys, 10, SPEC)
    assert (row.segment, row.metric, row.k, row.n_judged, row.n_left_out) == ("warm", "reason_agreement", 10, 3, 1)
    assert row.value == pytest.approx(0.8)
    assert row.ci_low is not None and row.ci_high is not None
    assert 0.5 <= row.ci_low < 0.8 < row.ci_high <= 1.0


def test_without_an_agreement_there_is_no_value() -> None:
    row = agreement_row(np.array([np.nan]), np.zeros(1, np.uint64), 10, SPEC)
    assert (row.value, row.ci_low, row.ci_high, row.n_judged, row.n_left_out) == (None, None, None, 0, 1)
