"""Every model of the folder keeps the contract; new ones are found by themselves, and none is skipped."""

from functools import cache
from typing import Any, Self

import numpy as np
import pytest

from tawny.core.arrays import Arrays, Floats, Histories, Ints
from tawny.core.settings import Settings
from tawny.models.base import Model, history_matrix
from tawny.models.registry import model_classes
from tawny.testing import model_contract as contract
from tawny.testing.model_contract import Case

SETTINGS: dict[str, dict[str, Any]] = {
    "two_tower": {
        "dim": 16,
        "window": 8,
        "poolings": 2,
        "hidden": 16,
        "learning_rate": 0.01,
        "global_batch": 128,
        "uniform_negatives": 32,
        "min_steps": 120,
        "max_steps": 120,
    },
}
"""What a model needs to be fitted on a world of 300 users in a second, by the model's name; the defaults otherwise."""


class ByCategory(Model):
    """A content model: an item is alike the items of its category, also where nobody took it yet.

    In the synthetic world the item's number says its category; the two cold items are declared to be of the first.
    """

    name = "by_category"
    settings_class = Settings
    knows_cold_items = True

    def __init__(self, categories: Floats, settings: Settings) -> None:
        self.categories, self.settings = categories, settings

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: Settings, rng: np.random.Generator) -> Self:
        items = np.arange(n_items)
        of = np.where(items < n_items - contract.N_COLD_ITEMS, items // 10, 0)
        return cls(np.eye(n_items // 10 + 1, dtype=np.float32)[of], settings)

    def score(self, users: Histories) -> Floats:
        taken = history_matrix(users, len(self.categories)) @ self.categories
        scores: Floats = (taken @ self.categories.T).astype(np.float32)
        scores[users.lengths == 0] = -np.inf
        return scores

    def contributions(self, users: Histories, items: Ints) -> Floats:
        listed = self.categories[items] * (items >= 0)[..., None]
        alike = np.einsum("nc,nkc->nk", self.categories[users.items], listed[users.rows])
        return np.asarray(alike * users.weights[:, None], np.float32)

    def arrays(self) -> Arrays:
        return {"categories": self.categories}


class Ease(Model):
    """A linear model with weights of both signs. Source: Steck 2019, algorithm 1. Dense: for some thousands of items."""

    name = "ease"
    settings_class = Settings
    has_signed_scores = True

    def __init__(self, weights: Floats, is_known: Floats, settings: Settings) -> None:
        self.weights, self.is_known, self.settings = weights, is_known, settings

    @classmethod
    def fit(cls, users: Histories, n_items: int, settings: Settings, rng: np.random.Generator) -> Self:
        taken = (history_matrix(users, n_items) > 0).toarray().astype(np.float64)
        inverse = np.linalg.inv(taken.T @ taken + 10 * np.eye(n_items))
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0)
        return cls(weights.astype(np.float32), taken.any(axis=0).astype(np.float32), settings)

    def score(self, users: Histories) -> Floats:
        scores = np.asarray(history_matrix(users, len(self.weights)) @ self.weights, np.float32)
        scores[:, self.is_known == 0] = -np.inf
        scores[users.lengths == 0] = -np.inf
        return scores

    def contributions(self, users: Histories, items: Ints) -> Floats:
        found = self.weights[users.items[:, None], items[users.rows]] * users.weights[:, None]
        return np.asarray(np.where(items[users.rows] >= 0, found, 0), np.float32)

    def arrays(self) -> Arrays:
        return {"weights": self.weights, "is_known": self.is_known}


MADE: dict[str, type[Model]] = {"by_category": ByCategory, "ease": Ease}
KINDS = model_classes() | MADE

every_model = pytest.mark.parametrize("name", KINDS)


def settings_of(kind: type[Model]) -> Settings:
    return kind.settings_class(**SETTINGS.get(kind.name, {}))


@cache
def fitted(name: str) -> Case:
    return contract.fitted(KINDS[name], settings_of(KINDS[name]))


def test_the_folders_models_are_found() -> None:
    assert set(model_classes()) >= {"als", "neighbours", "popularity", "transitions", "two_tower"}


@every_model
def test_the_withheld_item_is_found(name: str) -> None:
    contract.check_finds_the_withheld_item(fitted(name))


@every_model
def test_fitted_again_it_is_the_same_to_the_byte(name: str) -> None:
    contract.check_refitting_gives_the_same_files(fitted(name))


@every_model
def test_saved_and_loaded_it_is_the_same(name: str) -> None:
    contract.check_loading_gives_the_same_model(fitted(name))


@every_model
def test_scores_are_finite_or_minus_infinity_and_independent_of_the_batch(name: str) -> None:
    contract.check_scores(fitted(name))


@every_model
def test_contributions_have_one_number_per_entry_and_listed_item(name: str) -> None:
    contract.check_contributions(fitted(name))


@every_model
def test_reasons_are_as_exact_as_declared(name: str) -> None:
    contract.check_reasons(fitted(name))


@every_model
def test_an_item_that_nobody_took_is_scored_only_where_declared(name: str) -> None:
    contract.check_cold_items(fitted(name))


@every_model
def test_user_features_matter_only_where_declared(name: str) -> None:
    contract.check_user_features(fitted(name))


@every_model
def test_users_without_history_are_served_alike_or_not_at_all(name: str) -> None:
    contract.check_users_without_history(fitted(name))


@every_model
def test_a_model_of_no_events_at_all_has_nothing_to_say(name: str) -> None:
    contract.check_without_events(KINDS[name], settings_of(KINDS[name]))


@every_model
def test_settings_refuse_unknown_keys(name: str) -> None:
    contract.check_settings_refuse_unknown_keys(KINDS[name])


def test_all_checks_are_one_call_too() -> None:
    contract.check(Ease)


@pytest.mark.parametrize(
    ("ability", "wrong", "check"),
    [
        ("knows_cold_items", False, contract.check_cold_items),
        ("reasons", "none", contract.check_reasons),
        ("needs_user_features", True, contract.check_user_features),
    ],
)
def test_a_wrong_declaration_is_found(ability: str, wrong: object, check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = fitted("by_category")
    monkeypatch.setattr(ByCategory, ability, wrong)
    with pytest.raises(AssertionError, match=f"by_category: declares .*{wrong}"):
        check(case)


def test_undeclared_negative_scores_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    case = fitted("ease")
    monkeypatch.setattr(Ease, "has_signed_scores", False)
    with pytest.raises(AssertionError, match="must be declared"):
        contract.check_scores(case)
