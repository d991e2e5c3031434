"""Validation: the served model, over the whole catalogue, without what the user has."""

from itertools import chain

import numpy as np
import pytest

from tawny.metrics.hits import Relevant
from tawny.models.base import Histories
from tawny.models.two_tower import TwoTower, TwoTowerConfig
from tawny.training.validation import HeldOut, judge
from tawny.training.workers import Workers


def model() -> TwoTower:
    """12 items on a quarter circle, so that a user's order is by angle from the mean of the history."""
    angles = np.radians(np.arange(12) * 8.0)
    settings = TwoTowerConfig(dim=2, window=4, poolings=1, hidden=1, temperature=0.5)
    shapes = {"positions": (1, 4), "queries": (1, 2), "hidden": (2, 1), "hidden_bias": 1, "out": (1, 2), "out_bias": 2}
    zeros = {name: np.zeros(shape) for name, shape in shapes.items()}
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return TwoTower({"item_vectors": vectors, "feature_mean": [], "feature_scale": [], **zeros}, settings)


def held_out(histories: list[list[int]], relevant: list[list[int]]) -> HeldOut:
    items = np.array(list(chain(*histories)), np.int32)
    ones = np.ones(len(items), np.float32)
    users = Histories(np.cumsum([0, *map(len, histories)]), items, ones, ones)
    return HeldOut(users, Relevant(np.cumsum([0, *map(len, relevant)]), np.array(list(chain(*relevant)), np.int32)))


def test_metrics_are_those_worked_by_hand() -> None:
    # A user at item 0: the list is 1, 2, 3, ... (0 is left out). Item 2 is at rank 2; item 11 beyond rank 10.
    values = judge(model(), held_out([[0], [0]], [[2], [11]]), Workers())
    assert values["recall"] == pytest.approx(0.5)
    assert values["ndcg"] == pytest.approx(0.5 / np.log2(3))
    logits = np.cos(np.radians(np.arange(12) * 8.0)) / 0.5
    expected = np.log(np.exp(logits).sum()) - (logits[2] + logits[11]) / 2
    assert values["loss"] == pytest.approx(expected, rel=1e-5)


def test_users_without_history_or_answer_are_not_judged() -> None:
    held = held_out([[0], [], [1], [2]], [[2], [3], [], [4]]).thinned(10)
    assert held.users.items.tolist() == [0, 2]
    assert held.relevant.items.tolist() == [2, 4]


def test_too_many_users_are_thinned_evenly() -> None:
    held = held_out([[i] for i in range(9)], [[i] for i in range(9)]).thinned(3)
    assert held.users.items.tolist() == [0, 4, 8]


def test_nobody_left_is_no_error() -> None:
    assert held_out([[]], [[1]]).thinned(5).users.n_users == 0
