import numpy as np
import pytest
from scipy import sparse

from tawny.core.arrays import Floats
from tawny.models.counting.matrix import Pairs
from tawny.models.neighbours.model import ItemNeighbours
from tawny.models.neighbours.settings import ItemNeighboursSettings
from tawny.testing.worlds import chains, histories

PLAIN = ItemNeighboursSettings(
    user_damping=0, source_damping=0, target_damping=0, shrinkage=0, n_neighbours=10, position_power=0
)

RNG = np.random.default_rng(0)  # counting draws nothing


def dense(found: Pairs, n_items: int) -> Floats:
    rows, columns, values = found
    matrix: Floats = sparse.coo_array((values, (rows, columns)), shape=(n_items, n_items)).toarray()
    return matrix


def test_pairs_count_the_users_that_two_items_share() -> None:
    found = dense(ItemNeighbours.pairs(histories([[0, 1], [1, 0, 2], [2]]), PLAIN), 3)
    assert found.tolist() == [[0, 2, 1], [2, 0, 1], [1, 1, 0]]


def test_a_pair_weighs_less_from_a_user_with_many_items() -> None:
    settings = PLAIN.model_copy(update={"user_damping": 1.0})
    found = dense(ItemNeighbours.pairs(histories([[0, 1], [0, 1, 2, 3]]), settings), 4)
    assert found[0, 1] == pytest.approx(1 / 2 + 1 / 4)
    assert found[2, 3] == pytest.approx(1 / 4)


def test_an_old_event_counts_half_per_half_life() -> None:
    # Ages are 2 days and 1 day: the weights are 1/4 and 1/2.
    settings = PLAIN.model_copy(update={"trend_half_life_days": 1.0})
    assert dense(ItemNeighbours.pairs(histories([[0, 1]]), settings), 2)[0, 1] == pytest.approx(1 / 8)


def test_similarity_is_damped_by_both_items_and_shrunk() -> None:
    settings = PLAIN.model_copy(update={"source_damping": 1.0, "target_damping": 0.5, "shrinkage": 1.0})
    counts = sparse.csr_array(np.array([[0, 6], [6, 0]], np.float32))
    model = ItemNeighbours.from_counts(counts, np.array([2, 8], np.float32), settings)
    # 6 / ((2 + 1) * sqrt(8 + 1)) and 6 / ((8 + 1) * sqrt(2 + 1))
    np.testing.assert_allclose(model.matrix.toarray(), [[0, 6 / 9], [6 / (9 * np.sqrt(3)), 0]], rtol=1e-6)


def test_only_the_nearest_neighbours_are_kept_and_ties_go_to_the_smaller_index() -> None:
    settings = PLAIN.model_copy(update={"n_neighbours": 2})
    counts = sparse.csr_array(np.array([[0, 3, 3, 3], [3, 0, 1, 2], [3, 1, 0, 0], [3, 2, 0, 0]], np.float32))
    model = ItemNeighbours.from_counts(counts, np.ones(4, np.float32), settings)
    assert model.matrix.toarray().tolist() == [[0, 3, 3, 0], [3, 0, 0, 2], [3, 1, 0, 0], [3, 2, 0, 0]]


def test_the_newest_entry_weighs_most() -> None:
    settings = PLAIN.model_copy(update={"position_power": 1.0, "half_life_days": 2.0})
    model = ItemNeighbours.fit(histories([[0, 1]]), 2, settings, RNG)
    # Ages 2 and 1 days; one newer entry, none.
    np.testing.assert_allclose(model.entry_weights(histories([[0, 1]])), [0.5 * 0.5, 0.5**0.5], rtol=1e-6)


def test_fitted_in_batches_it_is_the_same() -> None:
    world = chains(np.random.default_rng(0), n_users=50)
    settings = ItemNeighboursSettings()
    whole = dense(ItemNeighbours.pairs(world.users, settings), world.n_items)
    parts = [
        dense(ItemNeighbours.pairs(world.users.take(rows), settings), world.n_items)
        for rows in np.array_split(np.arange(50), 3)
    ]
    np.testing.assert_allclose(sum(parts), whole, rtol=1e-5)
