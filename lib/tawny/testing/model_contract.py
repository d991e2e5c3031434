"""The contract of models, as checks of a fitted model; each raises an AssertionError that names what is wrong.

What a check requires follows from what the model's class declares (models/base.py). `check` runs all of them.

Shapes: U users, I items, N history entries, K list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tawny.core.arrays import Floats, Histories, top_k
from tawny.core.settings import Settings
from tawny.models.base import Model
from tawny.models.store import load, to_files
from tawny.testing.worlds import World, chains, histories, join, returns, trend

N_COLD_ITEMS = 2
"""The last items of the catalog, which nobody took."""


@dataclass(frozen=True)
class Case:
    """A model fitted on a synthetic world.

    Attributes:
        model: the fitted model.
        world: what it was fitted on; its catalog ends with N_COLD_ITEMS items that nobody took.
        some_users: a few users of a chains world, one without a history, and one with two items.
    """

    model: Model
    world: World
    some_users: Histories


def fitted(model_class: type[Model], settings: Settings) -> Case:
    """The model fitted on `chains`; on `trend` where it has no reasons, since then its scores do not depend on the user; on
    `returns` where it lists what its users took before.
    """
    rng = np.random.default_rng(7)
    make = trend if model_class.reasons == "none" else returns if model_class.lists_own_items else chains
    world = make(rng)
    some_users = join(chains(np.random.default_rng(1), n_users=20).users, histories([[], [3, 4]]))
    if model_class.needs_user_features:
        world = replace(world, users=_with_features(world.users, rng))
        some_users = _with_features(some_users, rng)
    world = replace(world, n_items=world.n_items + N_COLD_ITEMS)
    return Case(_fit(model_class, world, settings), world, some_users)


def check(model_class: type[Model], settings: Settings | None = None) -> None:
    """Fit the model, with default settings where none are given, and run every check of this file."""
    settings = settings or model_class.settings_class()
    case = fitted(model_class, settings)
    check_finds_the_withheld_item(case)
    check_refitting_gives_the_same_files(case)
    check_loading_gives_the_same_model(case)
    check_scores(case)
    check_scores_of_items(case)
    check_contributions(case)
    check_reasons(case)
    check_own_items(case)
    check_cold_items(case)
    check_user_features(case)
    check_users_without_history(case)
    check_without_events(model_class, settings)
    check_settings_refuse_unknown_keys(model_class)


def hit_share(model: Model, world: World, k: int) -> float:
    """The share of users whose withheld item is among their `k` best unseen items; of all where it is one they took."""
    scores = model.score(world.users).copy()
    if not model.lists_own_items:
        scores[world.users.rows, world.users.items] = -np.inf
    items, _ = top_k(scores, k)
    return float((items == world.withheld[:, None]).any(axis=1).mean())


def check_finds_the_withheld_item(case: Case) -> None:
    """For more than 95 % of the users the withheld item is among their 5 best unseen items."""
    share = hit_share(case.model, case.world, k=5)
    assert share > 0.95, f"{case.model.name}: the withheld item must be found. Received: for {share:.0%} of the users."


def check_refitting_gives_the_same_files(case: Case) -> None:
    """With the same histories, settings and seed, refitting gives the same bytes."""
    model = case.model
    refitted = _fit(type(model), case.world, model.settings)
    assert to_files(refitted) == to_files(model), f"{model.name}: refitting gives other files."


def check_loading_gives_the_same_model(case: Case) -> None:
    """The loaded model has the same bytes and the same scores."""
    model, users = case.model, case.some_users
    files = to_files(model)
    loaded = load(type(model), files)
    assert to_files(loaded) == files, f"{model.name}: the loaded model has other files."
    np.testing.assert_array_equal(loaded.score(users), model.score(users), err_msg=f"{model.name}: scores after loading")


def check_scores(case: Case) -> None:
    """Scores are float32, finite or -inf, not negative unless declared, and do not depend on other users of the batch."""
    model, users = case.model, case.some_users
    scores = model.score(users)
    assert scores.dtype == np.float32, f"{model.name}: scores must be float32. Received: {scores.dtype}."
    expected = (users.n_users, case.world.n_items)
    assert scores.shape == expected, f"{model.name}: scores must be {expected}. Received: {scores.shape}."
    assert not np.isnan(scores).any(), f"{model.name}: scores must not hold NaN."
    assert not np.isposinf(scores).any(), f"{model.name}: scores must not hold +inf."
    _check_signs(model, scores[np.isfinite(scores)])
    backwards = np.arange(users.n_users)[::-1]
    np.testing.assert_allclose(
        model.score(users.take(backwards)), scores[backwards], rtol=1e-5, atol=1e-6, err_msg=f"{model.name}: batch order"
    )


def check_scores_of_items(case: Case) -> None:
    """The scores of some items are those among all items, NaN for -inf and for padding, in any batch."""
    model, users, n_items = case.model, case.some_users, case.world.n_items
    rng = np.random.default_rng(5)
    items = np.stack([rng.permutation(n_items) for _ in range(users.n_users)]).astype(np.int32)
    items[rng.random(items.shape) < 0.2] = -1
    given = model.score_items(users, items)
    assert given.dtype == np.float32, f"{model.name}: scores of items must be float32. Received: {given.dtype}."
    expected = np.take_along_axis(model.score(users), np.maximum(items, 0), axis=1)
    expected[(items < 0) | np.isneginf(expected)] = np.nan
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-6, err_msg=f"{model.name}: scores of items")
    for batch in (np.array([3]), np.arange(users.n_users)[::-1]):
        again = model.score_items(users.take(batch), items[batch])
        what = f"{model.name}: scores of items, other batches"
        np.testing.assert_allclose(again, given[batch], rtol=1e-5, atol=1e-6, err_msg=what)


def check_contributions(case: Case, k: int = 5) -> None:
    """One finite number per history entry and listed item, 0 for padding, and independent of other users of the batch."""
    model, users = case.model, case.some_users
    items, _ = top_k(model.score(users), k)
    given = model.contributions(users, items)
    expected = (len(users.items), k)
    assert given.shape == expected, f"{model.name}: contributions must be {expected}. Received: {given.shape}."
    assert given.dtype == np.float32, f"{model.name}: contributions must be float32. Received: {given.dtype}."
    assert np.isfinite(given).all(), f"{model.name}: contributions must be finite."
    _check_signs(model, given)
    padded = np.full_like(items, -1)
    assert not model.contributions(users, padded).any(), f"{model.name}: padding must get no contribution."
    last = np.array([users.n_users - 1])
    alone = model.contributions(users.take(last), items[last])
    np.testing.assert_allclose(alone, given[users.rows == last[0]], rtol=1e-4, atol=1e-6, err_msg=model.name)


def check_reasons(case: Case) -> None:
    """`exact`: contributions add up to the score; `approximate`: something contributes; `none`: nothing does."""
    model, users = case.model, case.some_users
    items = np.tile(np.arange(case.world.n_items, dtype=np.int32), (users.n_users, 1))
    contributions = model.contributions(users, items)
    assert contributions.any() == (model.reasons != "none"), f"{model.name}: declares {model.reasons} reasons."
    if model.reasons == "exact":
        summed = np.zeros(items.shape)
        np.add.at(summed, users.rows, contributions)
        scores = model.score(users)
        np.testing.assert_allclose(
            summed, np.where(np.isfinite(scores), scores, 0), rtol=1e-4, atol=1e-5, err_msg=f"{model.name}: exact reasons"
        )


def check_own_items(case: Case) -> None:
    """Every item of a user's own history has a score, and no other has, if, and only if, the model declares it."""
    model, users = case.model, case.some_users
    is_own = np.zeros((users.n_users, case.world.n_items), np.bool_)
    is_own[users.rows, users.items] = True
    declared = model.lists_own_items
    found = bool((np.isfinite(model.score(users)) == is_own).all())
    assert found == declared, f"{model.name}: declares lists_own_items = {declared}."


def check_cold_items(case: Case) -> None:
    """Items that nobody took have scores if, and only if, the model declares it."""
    model = case.model
    scores = model.score(case.world.users)[:, -N_COLD_ITEMS:]
    declared = model.knows_cold_items
    assert np.isfinite(scores).any() == declared, f"{model.name}: declares knows_cold_items = {declared}."


def check_user_features(case: Case) -> None:
    """Features change the scores if, and only if, the model declares it; without features it still scores."""
    model, declared = case.model, case.model.needs_user_features
    users = replace(case.some_users, features=None)
    without = model.score(users)
    assert not np.isnan(without).any(), f"{model.name}: users without features must not get NaN."
    with_features = model.score(_with_features(users, np.random.default_rng(2)))
    changed = not np.array_equal(with_features, without)
    assert changed == declared, f"{model.name}: declares needs_user_features = {declared}."


def check_users_without_history(case: Case) -> None:
    """Users without a history or features all get the same scores, or none; a batch may consist of them alone.

    A model without reasons ignores the history, so it must score them.
    """
    model, nobody = case.model, histories([[], []])
    scores = model.score(nobody)
    assert scores.shape[0] == 2, f"{model.name}: two users without history must get two rows."
    np.testing.assert_array_equal(scores[0], scores[1], err_msg=f"{model.name}: users without history differ")
    assert model.contributions(nobody, np.zeros((2, 3), np.int32)).shape == (0, 3), (
        f"{model.name}: contributions without entries"
    )
    is_served = bool(np.isfinite(scores).any())
    assert is_served or model.reasons != "none", f"{model.name}: a user without history must be served."


def check_without_events(model_class: type[Model], settings: Settings) -> None:
    """Without any events the model scores nothing, so that the first night of a young shop has lists of other sources."""
    nothing = World(histories([[], []]), 4, np.zeros(2, np.int64))
    scores = _fit(model_class, nothing, settings).score(nothing.users)
    assert scores.shape == (2, 4), f"{model_class.name}: scores must be (2, 4). Received: {scores.shape}."
    assert np.isneginf(scores).all(), f"{model_class.name}: without events, scores must be -inf."


def check_settings_refuse_unknown_keys(model_class: type[Model]) -> None:
    """A misspelt setting is an error."""
    unknown: Mapping[str, Any] = {"no_such_setting": 1}
    try:
        model_class.settings_class(**unknown)
    except ValueError as exc:
        assert "no_such_setting" in str(exc), f"{model_class.name}: the wrong key must be named. Received: {exc}."
    else:
        raise AssertionError(f"{model_class.name}: settings must refuse unknown keys.")


def _fit(model_class: type[Model], world: World, settings: Settings) -> Model:
    return model_class.fit(world.users, world.n_items, settings, np.random.default_rng(3))


def _check_signs(model: Model, values: Floats) -> None:
    if not model.has_signed_scores:
        assert (values >= 0).all(), f"{model.name}: scores below zero must be declared (has_signed_scores)."


def _with_features(users: Histories, rng: np.random.Generator) -> Histories:
    return replace(users, features=rng.normal(size=(users.n_users, 2)).astype(np.float32))
