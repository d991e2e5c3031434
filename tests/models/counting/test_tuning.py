"""Counting models fitted again and again on a sample, and what is chosen there."""

from typing import Any

import numpy as np
import pytest

from tawny.core.arrays import Histories, Ragged
from tawny.core.settings import Settings
from tawny.evaluation.validate import ValidationSample
from tawny.models.counting.matrix import CountingModel, Pairs
from tawny.models.counting.tuning import SampleFits, tune_counting
from tawny.models.neighbours.model import ItemNeighbours
from tawny.models.neighbours.settings import ItemNeighboursSettings, NeighboursTuning
from tawny.models.transitions.model import Transitions
from tawny.models.transitions.settings import TransitionsSettings, TransitionsTuning
from tawny.testing.worlds import World, chains, histories

RNG = np.random.default_rng(0)  # counting draws nothing
OTHER: dict[str, Any] = {
    "position_power": 0.3, "half_life_days": 2.0, "trend_half_life_days": 3.0, "source_damping": 0.9, "target_damping": 0.1,
    "shrinkage": 1.0, "user_damping": 0.5, "n_neighbours": 3, "window": 2, "gap_power": 0.1, "backward_weight": 0.7,
    "n_followers": 3,
}  # fmt: skip


def answers_of(world: World) -> ValidationSample:
    chosen = Ragged(np.arange(world.users.n_users + 1), world.withheld.astype(np.int32))
    return ValidationSample(world.users, Ragged(world.users.indptr, world.users.items), chosen)


@pytest.mark.parametrize(
    ("kind", "settings"), [(ItemNeighbours, ItemNeighboursSettings()), (Transitions, TransitionsSettings())]
)
def test_whatever_setting_changes_the_model_is_that_of_a_fit_from_nothing(
    kind: type[CountingModel], settings: Settings
) -> None:
    world = chains(np.random.default_rng(3), n_users=50)
    fits = SampleFits(kind, world.users, world.n_items)
    for name in type(settings).model_fields:
        for changed in (settings.model_copy(update={name: OTHER[name]}), settings):
            alone = kind.fit(world.users, world.n_items, changed, RNG)
            np.testing.assert_array_equal(fits(changed).score(world.users), alone.score(world.users), err_msg=name)


def test_pairs_are_counted_once_for_settings_that_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    world, counted = chains(np.random.default_rng(3), n_users=20), []
    pairs = ItemNeighbours.pairs

    def noted(users: Histories, settings: ItemNeighboursSettings) -> Pairs:
        counted.append(settings)
        return pairs(users, settings)

    monkeypatch.setattr(ItemNeighbours, "pairs", noted)
    fits = SampleFits(ItemNeighbours, world.users, world.n_items)
    for changed in ({}, {"shrinkage": 1.0}, {"target_damping": 0.1}, {"position_power": 0.0}):
        fits(ItemNeighboursSettings(**changed))
    assert len(counted) == 1
    fits(ItemNeighboursSettings(user_damping=0.0))
    assert len(counted) == 2


def test_the_settings_that_find_the_answers_are_chosen() -> None:
    world = chains(np.random.default_rng(5), n_users=200)
    start = TransitionsSettings(window=1, position_power=0.0, target_damping=3.0)
    # Only what follows the last item counts: the foreign item misleads less.
    tuning = TransitionsTuning(axes=(({"position_power": 8.0},),), k=5)
    tuned = tune_counting(Transitions, start, tuning, world.users, answers_of(world), world.n_items)
    assert tuned.settings == TransitionsSettings(window=1, position_power=8.0, target_damping=3.0)


def test_where_order_says_nothing_the_position_of_an_entry_does_not_count() -> None:
    rng = np.random.default_rng(1)
    world = chains(rng, n_users=600, n_chains=8)
    rows = [rng.permutation(own).tolist() for own in np.split(world.users.items, world.users.indptr[1:-1])]
    shuffled = World(histories(rows), world.n_items, world.withheld)
    start, tuning = ItemNeighboursSettings(position_power=2.0), NeighboursTuning(axes=NeighboursTuning().axes[:1], k=3)
    tuned = tune_counting(ItemNeighbours, start, tuning, shuffled.users, answers_of(shuffled), world.n_items)
    assert tuned.settings.position_power == 0.0


def test_dampings_of_one_are_the_walk_from_item_to_user_to_item() -> None:
    """RP3beta, written out with dense transition matrices."""
    users: Histories = histories([[0, 1], [1, 2, 3], [0, 3], [1, 3]])
    taken = np.zeros((4, 4))
    taken[users.rows, users.items] = 1
    to_user, to_item = taken.T / taken.sum(axis=0)[:, None], taken / taken.sum(axis=1, keepdims=True)
    walk = to_user @ to_item / taken.sum(axis=0) ** 0.3
    np.fill_diagonal(walk, 0)
    settings = ItemNeighboursSettings(source_damping=1.0, target_damping=0.3, shrinkage=0.0, position_power=0.0)
    found = ItemNeighbours.fit(users, 4, settings, RNG).matrix.toarray()
    np.testing.assert_allclose(found, walk, rtol=1e-5)
