import numpy as np
import pytest

from tawny.core.arrays import Doubles, Floats, Histories, Ints
from tawny.models.als.model import Als
from tawny.models.als.settings import AlsSettings
from tawny.testing.worlds import chains, histories, join

SETTINGS = AlsSettings(rank=3, iterations=5, regularisation=0.3, alpha=2.5)


def some_model() -> Als:
    return Als(np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32), SETTINGS)


def loss(ratings: Doubles, users: Floats, items: Floats, settings: AlsSettings) -> float:
    """The objective of Hu et al., lambda times the row's total confidence, written out cell by cell."""
    total = 0.0
    for u, row in enumerate(ratings):
        for i, weight in enumerate(row):
            error = float(weight > 0) - users[u] @ items[i]
            total += (1 + settings.alpha * weight) * error**2
    confidence = 1 + settings.alpha * ratings
    norms = confidence.sum(axis=1) @ (users**2).sum(axis=1) + confidence.sum(axis=0) @ (items**2).sum(axis=1)
    return float(total + settings.regularisation * norms)


def test_the_folded_in_user_solves_the_normal_equations_over_all_items() -> None:
    model = some_model()
    users = Histories(
        np.array([0, 2]), np.array([1, 4], np.int32), np.array([1.0, 2.0], np.float32), np.zeros(2, np.float32)
    )
    items = model.item_factors.astype(np.float64)
    weights = np.array([0, 1, 0, 0, 2, 0])
    confidence = np.diag(1 + 2.5 * weights)
    matrix = items.T @ confidence @ items + 0.3 * (6 + 2.5 * 3) * np.eye(3)
    expected = np.linalg.solve(matrix, items.T @ confidence @ (weights > 0))
    np.testing.assert_allclose(model.user_factors(users)[0], expected, rtol=1e-5)


def test_a_repeated_item_is_one_rating_of_the_summed_weight() -> None:
    model = some_model()
    once = Histories(np.array([0, 2]), np.array([1, 4], np.int32), np.array([2, 1], np.float32), np.zeros(2, np.float32))
    np.testing.assert_allclose(model.score(histories([[1, 4, 1]])), model.score(once), rtol=1e-5)


def test_contributions_of_entries_sum_to_the_score_even_when_items_repeat() -> None:
    model, users = some_model(), histories([[1, 4, 1], [2]])
    items = np.array([[0, 3], [5, -1]], np.int32)
    found, scores = model.contributions(users, items), model.score(users)
    np.testing.assert_allclose(found[:3].sum(axis=0), scores[0, [0, 3]], rtol=1e-5)
    np.testing.assert_allclose(found[3], [scores[1, 5], 0], rtol=1e-5)


def test_an_item_without_factors_is_never_listed_and_changes_no_user() -> None:
    factors = some_model().item_factors.copy()
    factors[5] = np.nan
    model = Als(factors, SETTINGS)
    scores = model.score(histories([[1, 4], [1, 5, 4], [5]]))
    assert np.isneginf(scores[:, 5]).all()
    np.testing.assert_allclose(scores[0, :5], scores[1, :5], rtol=1e-6)
    assert np.isneginf(scores[2]).all()


def test_every_iteration_lowers_the_objective() -> None:
    world = chains(np.random.default_rng(2), n_users=40, n_chains=2)
    ratings = np.zeros((40, world.n_items))
    np.add.at(ratings, (world.users.rows, world.users.items), 1)
    values = []
    for n in range(1, 5):
        settings = SETTINGS.model_copy(update={"iterations": n})
        model = Als.fit(world.users, world.n_items, settings, np.random.default_rng(1))
        values.append(loss(ratings, model.user_factors(world.users), np.nan_to_num(model.item_factors), SETTINGS))
    assert values == sorted(values, reverse=True)


def test_a_new_user_is_scored_like_a_known_one_with_the_same_history() -> None:
    world = chains(np.random.default_rng(2), n_users=60)
    model = Als.fit(world.users, world.n_items, AlsSettings(rank=8), np.random.default_rng(1))
    first = world.users.take(np.array([0]))
    both = model.score(join(first, first))
    np.testing.assert_array_equal(both[0], both[1])


def test_large_weights_are_damped_by_the_power() -> None:
    factors = some_model().item_factors
    damped = Als(factors, SETTINGS.model_copy(update={"weight_power": 0.5}))
    heavy, light = histories([[1, 4]], weights=9.0), histories([[1, 4]], weights=3.0)
    np.testing.assert_allclose(damped.score(heavy), Als(factors, SETTINGS).score(light), rtol=1e-5)
    present = Als(factors, SETTINGS.model_copy(update={"weight_power": 0.0}))
    np.testing.assert_allclose(present.score(heavy), present.score(light), rtol=1e-6)


def test_a_damped_repeated_item_still_has_contributions_that_sum_to_the_score() -> None:
    model = Als(some_model().item_factors, SETTINGS.model_copy(update={"weight_power": 0.5}))
    users, items = histories([[1, 4, 1]]), np.array([[0, 3]], np.int32)
    np.testing.assert_allclose(model.contributions(users, items).sum(axis=0), model.score(users)[0, [0, 3]], rtol=1e-5)


def test_with_any_number_of_threads_the_model_is_the_same_to_the_byte() -> None:
    world = chains(np.random.default_rng(2), n_users=3000)
    one, three = (Als.fit(world.users, world.n_items, AlsSettings(rank=8), np.random.default_rng(1), n) for n in (1, 3))
    assert one.item_factors.tobytes() == three.item_factors.tobytes()


def test_an_older_entry_counts_in_part_where_its_user_is_folded_in() -> None:
    factors = some_model().item_factors.astype(np.float64)
    model = Als(some_model().item_factors, SETTINGS.model_copy(update={"position_power": 1.0}))
    # Of items 1 and 4 the first counts half: preference and confidence above 1, each by half.
    excess, taken = np.array([0, 1.25, 0, 0, 2.5, 0]), np.array([0, 0.5, 0, 0, 1, 0])
    matrix = factors.T @ np.diag(1 + excess) @ factors + 0.3 * (6 + excess.sum()) * np.eye(3)
    expected = np.linalg.solve(matrix, factors.T @ (taken + excess))
    np.testing.assert_allclose(model.user_factors(histories([[1, 4]]))[0], expected, rtol=1e-5)


def dense(model: Als, user: Histories, listed: Ints) -> tuple[Doubles, Doubles]:
    """A user's factors [D] and contributions [n, K] by the normal equations, written out over all items; weights of 1."""
    known = np.isfinite(model.item_factors[:, 0])
    factors = np.nan_to_num(model.item_factors).astype(np.float64)
    taken = np.bincount(user.items, minlength=len(factors)) * known
    confidence = known + model.settings.alpha * taken
    ridge = model.settings.regularisation * confidence.sum() * np.eye(factors.shape[1])
    matrix = factors.T @ np.diag(confidence) @ factors + ridge
    own = factors[user.items] * (confidence / np.maximum(taken, 1))[user.items][:, None]
    target = factors.T @ (confidence * (taken > 0))
    return np.linalg.solve(matrix, target), own @ np.linalg.solve(matrix, factors[listed].T)


@pytest.mark.parametrize("n_entries", [1, 3, 15, 16, 40])
def test_with_few_entries_and_with_many_the_whole_system_is_solved(n_entries: int) -> None:
    rng = np.random.default_rng(n_entries)
    factors = rng.normal(size=(50, 16)).astype(np.float32)
    factors[40:] = np.nan
    model = Als(factors, SETTINGS)
    walks = [*rng.integers(0, 50, (5, n_entries)).tolist(), [7] * n_entries, [45] * n_entries]
    users, listed = histories(walks), rng.integers(0, 40, (7, 6)).astype(np.int32)
    found, parts = model.user_factors(users), model.contributions(users, listed)
    for row in range(users.n_users):
        expected, expected_parts = dense(model, users.take(np.array([row])), listed[row])
        np.testing.assert_allclose(found[row], expected, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(parts[users.rows == row], expected_parts, rtol=1e-6, atol=1e-7)
