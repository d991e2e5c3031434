"""Every model of the folder that can be fitted in one process keeps the contract; new ones are found by themselves."""

import inspect
from typing import Any

import numpy as np
import pytest

from tawny.models.base import Histories, Model
from tawny.models.files import to_files
from tawny.models.registry import model_classes
from tawny.testing import model_contract as contract
from tawny.testing.worlds import World, chains, histories, join, trend

FITTED_HERE = [kind for kind in model_classes().values() if hasattr(kind, "fit")]
IMPERSONAL = {"popularity"}
"""Models that cannot know a user's own next item: they must find the fashion instead, and give no reasons."""

every_model = pytest.mark.parametrize("kind", FITTED_HERE, ids=lambda kind: kind.name)


def fitted(kind: Any, users: Histories, n_items: int) -> Model:
    rng = {"rng": np.random.default_rng(3)} if "rng" in inspect.signature(kind.fit).parameters else {}
    model = kind.fit(users, n_items, kind.config_class(), **rng)
    assert isinstance(model, Model)
    return model


def world_of(kind: Any) -> World:
    rng = np.random.default_rng(7)
    return trend(rng) if kind.name in IMPERSONAL else chains(rng)


def some_users() -> Histories:
    """Twenty users of the made world, and one without history among them."""
    return join(chains(np.random.default_rng(1), n_users=20).users, histories([[], [3, 4]]))


def test_the_counting_models_and_als_are_found() -> None:
    assert {"als", "neighbours", "popularity", "transitions"} <= {kind.name for kind in FITTED_HERE}


@every_model
def test_the_withheld_item_is_found(kind: Any) -> None:
    world = world_of(kind)
    assert contract.hit_share(fitted(kind, world.users, world.n_items), world, k=5) > 0.95


@every_model
def test_fitted_again_it_is_the_same_to_the_byte(kind: Any) -> None:
    world = world_of(kind)
    first, second = (to_files(fitted(kind, world.users, world.n_items)) for _ in range(2))
    assert first == second


@every_model
def test_saved_and_loaded_it_is_the_same(kind: Any) -> None:
    world = world_of(kind)
    contract.check_saves_and_loads_the_same(fitted(kind, world.users, world.n_items), some_users())


@every_model
def test_scores_are_finite_or_minus_infinity_and_independent_of_the_batch(kind: Any) -> None:
    world = world_of(kind)
    contract.check_scores(fitted(kind, world.users, world.n_items), some_users())


@every_model
def test_contributions_have_one_number_per_entry_and_listed_item(kind: Any) -> None:
    world = world_of(kind)
    contract.check_contributions(fitted(kind, world.users, world.n_items), some_users())


@every_model
def test_contributions_add_up_to_the_score_or_are_all_zero(kind: Any) -> None:
    world = world_of(kind)
    model, users = fitted(kind, world.users, world.n_items), some_users()
    items = np.tile(np.arange(world.n_items, dtype=np.int32), (users.n_users, 1))
    found = model.contributions(users, items)
    if kind.name in IMPERSONAL:
        assert not found.any()
        return
    summed = np.zeros(items.shape)
    np.add.at(summed, users.rows, found)
    scores = model.score(users)
    np.testing.assert_allclose(summed, np.where(np.isfinite(scores), scores, 0), rtol=1e-4, atol=1e-5)


@every_model
def test_users_without_history_are_served_alike_or_not_at_all(kind: Any) -> None:
    world = world_of(kind)
    model = fitted(kind, world.users, world.n_items)
    contract.check_users_without_history(model, world.users)
    scores = model.score(histories([[]]))
    assert np.isfinite(scores).any() == (kind.name in IMPERSONAL)


@every_model
def test_an_item_that_nobody_took_is_never_listed(kind: Any) -> None:
    world = world_of(kind)
    scores = fitted(kind, world.users, world.n_items + 2).score(world.users)
    assert np.isneginf(scores[:, world.n_items :]).all()


@every_model
def test_a_model_of_no_events_at_all_has_nothing_to_say(kind: Any) -> None:
    scores = fitted(kind, histories([[], []]), 4).score(histories([[], []]))
    assert scores.shape == (2, 4)
    assert np.isneginf(scores).all()


@every_model
def test_settings_refuse_unknown_keys(kind: Any) -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        kind.config_class(no_such_setting=1)
