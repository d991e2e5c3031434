import numpy as np
import pytest
from scipy import sparse

from tawny.core.arrays import Floats, top_k
from tawny.models.counting.matrix import Pairs
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings
from tawny.testing.model_contract import hit_share
from tawny.testing.worlds import chains, histories

PLAIN = TransitionsSettings(
    window=2,
    gap_power=1,
    backward_weight=0,
    source_damping=0,
    target_damping=0,
    shrinkage=0,
    n_followers=10,
    position_power=0,
)

RNG = np.random.default_rng(0)  # counting draws nothing


def dense(found: Pairs, n_items: int) -> Floats:
    rows, columns, values = found
    matrix: Floats = sparse.coo_array((values, (rows, columns)), shape=(n_items, n_items)).toarray()
    return matrix


def test_pairs_go_forward_within_the_window_and_weigh_one_over_the_gap() -> None:
    found = dense(Transitions.pairs(histories([[0, 1, 2, 3], [0, 1]]), PLAIN), 4)
    assert found.tolist() == [[0, 2, 0.5, 0], [0, 0, 1, 0.5], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_pairs_do_not_cross_users_nor_join_an_item_with_itself() -> None:
    assert dense(Transitions.pairs(histories([[0, 0], [1]]), PLAIN), 2).tolist() == [[0, 0], [0, 0]]


def test_an_old_event_counts_half_per_half_life() -> None:
    settings = PLAIN.model_copy(update={"trend_half_life_days": 1.0})
    assert dense(Transitions.pairs(histories([[0, 1]]), settings), 2)[0, 1] == pytest.approx(0.5)


def test_counts_are_damped_by_both_items() -> None:
    settings = PLAIN.model_copy(update={"source_damping": 1.0, "target_damping": 0.5, "shrinkage": 1.0})
    counts = sparse.csr_array(np.array([[0, 6], [0, 0]], np.float32))
    model = Transitions.from_counts(counts, np.array([2, 8], np.float32), settings)
    np.testing.assert_allclose(model.matrix.toarray(), [[0.0, 6 / (3 * 3)], [0.0, 0.0]], rtol=1e-6)


def test_backward_pairs_count_their_share() -> None:
    settings = PLAIN.model_copy(update={"backward_weight": 0.25})
    model = Transitions.fit(histories([[0, 1]]), 2, settings, RNG)
    assert model.matrix.toarray().tolist() == [[0, 1], [0.25, 0]]


def test_the_next_item_of_the_chain_comes_first() -> None:
    world = chains(np.random.default_rng(5))
    model = Transitions.fit(world.users, world.n_items, TransitionsSettings(), RNG)
    assert hit_share(model, world, k=1) > 0.95


def test_equal_followers_are_listed_by_index() -> None:
    model = Transitions.fit(histories([[0, 2], [0, 1]]), 3, PLAIN, RNG)
    items, _ = top_k(model.score(histories([[0]])), 2)
    assert items.tolist() == [[1, 2]]


def test_fitted_in_batches_it_is_the_same() -> None:
    world = chains(np.random.default_rng(0), n_users=50)
    settings = TransitionsSettings()
    whole = dense(Transitions.pairs(world.users, settings), world.n_items)
    parts = [
        dense(Transitions.pairs(world.users.take(rows), settings), world.n_items)
        for rows in np.array_split(np.arange(50), 3)
    ]
    np.testing.assert_allclose(sum(parts), whole, rtol=1e-5)
