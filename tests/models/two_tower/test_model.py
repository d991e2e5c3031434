"""The served two-tower model is the trained one, and its parts can be followed by hand."""

import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tawny.core.arrays import Histories
from tawny.models.two_tower.model import TwoTower
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.windows import PADDED, feature_gain, standardised, windows

SMALL = TwoTowerSettings(dim=8, window=5, poolings=3, hidden=16)


def histories(n_users: int = 40, n_items: int = 30, n_features: int = 0, seed: int = 0) -> Histories:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 12, n_users)
    n = int(lengths.sum())
    return Histories(
        np.concatenate([[0], np.cumsum(lengths)]),
        rng.integers(0, n_items, n).astype(np.int32),
        rng.uniform(0.1, 2.0, n).astype(np.float32),
        rng.uniform(0, 30, n).astype(np.float32),
        rng.normal(3, 2, (n_users, n_features)).astype(np.float32) if n_features else None,
    )


def by_hand() -> TwoTower:
    """Three items at 0, 60 and 90 degrees; plain mean pooling; a hidden layer that adds nothing."""
    vectors = [[1, 0], [0.5, np.sqrt(0.75)], [0, 1]]
    settings = TwoTowerSettings(dim=2, window=2, poolings=1, hidden=1)
    return TwoTower(
        settings,
        item_vectors=np.array(vectors, np.float32),
        positions=np.zeros((1, 2), np.float32),
        queries=np.zeros((1, 2), np.float32),
        hidden=np.zeros((2, 1), np.float32),
        hidden_bias=np.zeros(1, np.float32),
        out=np.zeros((1, 2), np.float32),
        out_bias=np.zeros(2, np.float32),
        feature_mean=np.zeros(0, np.float32),
        feature_gain=np.zeros(0, np.float32),
    )


def users(*items: list[int], weights: list[float] | None = None) -> Histories:
    flat = np.array([item for row in items for item in row], np.int32)
    indptr = np.cumsum([0, *map(len, items)])
    return Histories(indptr, flat, np.array(weights or np.ones(len(flat)), np.float32), np.zeros(len(flat), np.float32))


def test_window_takes_the_newest_entries_newest_first() -> None:
    items, log_weights = windows(users([4, 5, 6], [7], []), np.array([0, 3, 4]), np.array([3, 4, 4]), 2)
    assert items.tolist() == [[6, 5], [7, 0], [0, 0]]
    assert log_weights.tolist() == [[0, 0], [0, PADDED], [PADDED, PADDED]]


def test_score_is_the_cosine_with_the_mean_of_the_window() -> None:
    # Items 0 and 2 are at 0 and 90 degrees, their mean at 45: cosines of 45, 15 and 45 degrees.
    expected = np.cos(np.radians([[45, 15, 45], [0, 60, 90]]))
    assert by_hand().score(users([0, 2], [0])) == pytest.approx(expected, abs=1e-6)


def test_weights_shift_the_mean() -> None:
    # 3 : 1 for item 0: the mean (0.75, 0.25) has length sqrt(0.625).
    scores = by_hand().score(users([0, 2], weights=[3.0, 1.0]))
    assert scores[0, [0, 2]] == pytest.approx(np.array([0.75, 0.25]) / np.sqrt(0.625), abs=1e-6)


def test_a_contribution_is_what_the_score_loses_without_the_entry() -> None:
    # The window holds items 2 and 0, whose mean is at 45 degrees. Without item 2, the oldest entry moves up, item 0 too, and
    # the user is at 0 degrees; without the newest, the same two items are left, now 0 and 2. -1 pads the list.
    parts = by_hand().contributions(users([0, 2, 0]), np.array([[1, 0, -1]], np.int32))
    fifteen, forty_five, sixty = np.cos(np.radians([15, 45, 60]))
    expected = [[0, 0, 0], [fifteen - sixty, forty_five - 1, 0], [0, 0, 0]]
    assert parts == pytest.approx(np.array(expected), abs=1e-6)


def test_the_contribution_of_a_single_entry_is_the_whole_score() -> None:
    assert by_hand().contributions(users([0]), np.array([[1, 2]], np.int32)) == pytest.approx(np.array([[0.5, 0]]), abs=1e-6)


@pytest.mark.parametrize("is_ordered", [True, False])
@pytest.mark.parametrize("n_features", [0, 3])
@pytest.mark.parametrize("at_once", [1, 4_000_000])
@pytest.mark.parametrize("gain", [1, 100])  # with 100 some averages are all of one entry, to the last bit
def test_contributions_agree_with_scoring_each_history_without_the_entry(
    n_features: int, is_ordered: bool, at_once: int, gain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tawny.models.two_tower.model._NUMBERS_AT_ONCE", at_once)
    arrays = make_net(n_features, is_ordered=is_ordered).to_model(TwoTower).arrays()
    model = TwoTower(SMALL, **{**arrays, "queries": gain * arrays["queries"]})
    batch = histories(n_users=25, n_features=n_features)
    listed = np.random.default_rng(4).integers(-1, 30, (25, 6)).astype(np.int32)
    parts = model.contributions(batch, listed)
    for entry, row in enumerate(batch.rows):
        left, kept = batch.take(np.array([row])), np.arange(batch.indptr[row], batch.indptr[row + 1]) != entry
        left = Histories(
            np.array([0, kept.sum()]), left.items[kept], left.weights[kept], left.ages_days[kept], left.features
        )
        both = np.stack([model.score(batch.take(np.array([row])))[0], model.score(left)[0]])
        both = np.where(np.isfinite(both), both, 0)[:, listed[row]]
        assert parts[entry] == pytest.approx(np.where(listed[row] >= 0, both[0] - both[1], 0), abs=1e-6)


def test_user_without_history_and_features_has_no_scores() -> None:
    assert np.isneginf(by_hand().score(users([], [0]))[0]).all()


@pytest.mark.parametrize("is_ordered", [True, False])
@pytest.mark.parametrize("n_features", [0, 3])
def test_served_model_equals_the_keras_net(n_features: int, is_ordered: bool) -> None:
    net, batch = make_net(n_features, is_ordered=is_ordered), histories(n_features=n_features)
    items, log_weights = windows(batch, batch.indptr[:-1], batch.indptr[1:], SMALL.window if is_ordered else 12)
    features = net.standardised(batch.features) if n_features else np.zeros((batch.n_users, 0), np.float32)
    user_vectors, item_vectors = net(items, log_weights, features)
    expected = user_vectors.numpy() @ item_vectors.numpy().T
    scores = net.to_model(TwoTower).score(batch)
    known = np.isfinite(scores)
    assert known.all() == (n_features > 0)
    assert np.abs(scores - expected)[known].max() < 1e-5


def test_missing_features_are_scored_as_the_mean_user() -> None:
    model, batch = make_net(3).to_model(TwoTower), histories(n_features=3)
    mean = np.broadcast_to(model.arrays()["feature_mean"], (batch.n_users, 3))
    with_mean = Histories(batch.indptr, batch.items, batch.weights, batch.ages_days, mean)
    without = Histories(batch.indptr, batch.items, batch.weights, batch.ages_days)
    has_history = np.diff(batch.indptr) > 0
    assert np.allclose(model.score(with_mean)[has_history], model.score(without)[has_history], atol=1e-6)
    assert np.isneginf(model.score(without)[~has_history]).all()


def test_restored_model_scores_the_same() -> None:
    model, batch = make_net(3).to_model(TwoTower), histories(n_features=3)
    again = TwoTower.restore(model.config(), model.arrays())
    assert np.array_equal(again.score(batch), model.score(batch))


def test_weights_go_from_net_to_net() -> None:
    net, other = make_net(3), make_net(3, seed=9)
    other.set_weights_by_name(net.weights_by_name())
    batch = histories(n_features=3)
    assert np.array_equal(other.to_model(TwoTower).score(batch), net.to_model(TwoTower).score(batch))


def test_scoring_needs_no_tensorflow() -> None:
    code = "import sys, tawny.models.two_tower.model; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_model_without_positions_reads_the_whole_history_in_any_order() -> None:
    model, batch = make_net(0, is_ordered=False).to_model(TwoTower), histories()
    backwards = np.concatenate([np.arange(start, end)[::-1] for start, end in pairwise(batch.indptr)])
    turned = Histories(batch.indptr, batch.items[backwards], batch.weights[backwards], batch.ages_days)
    assert batch.lengths.max() > SMALL.window
    np.testing.assert_allclose(model.score(turned), model.score(batch), atol=1e-6)
    newest = users(batch.items[: batch.indptr[1]].tolist()[-SMALL.window :])
    assert batch.lengths[0] > SMALL.window
    assert not np.allclose(model.score(newest), model.score(batch.take(np.array([0]))), atol=1e-3)


def test_features_are_bounded_and_those_that_were_the_same_for_all_change_nothing() -> None:
    known = np.array([[0, 1, 0.0], [1, 1, 0.0], [0, 1, 0.0], [1, 1, 0.04]], np.float32)
    gain = feature_gain(known)
    assert gain.tolist() == pytest.approx([2, 0, 10])  # spreads of 0.5, none, and less than the least
    seen = standardised(np.array([[1, 0, 1], [9, 7, -1]], np.float32), known.mean(axis=0), gain)
    assert seen.tolist() == [[1, 0, 3], [3, 0, -3]]


def test_an_attribute_never_seen_in_training_changes_no_list() -> None:
    model, batch = make_net(3, unseen=(1,)).to_model(TwoTower), histories(n_features=3)
    assert batch.features is not None
    changed = batch.features.copy()
    changed[:, 1] = 1
    described = Histories(batch.indptr, batch.items, batch.weights, batch.ages_days, changed)
    assert np.array_equal(model.score(described), model.score(batch))


def make_net(n_features: int, seed: int = 1, *, is_ordered: bool = True, unseen: tuple[int, ...] = ()) -> Any:
    from tawny.models.two_tower.net import TwoTowerNet

    rng = np.random.default_rng(seed)
    categories = (np.random.default_rng(0).random((30, 4)) < 0.4).astype(np.float32)
    features = histories(n_features=n_features).features
    if features is not None:
        features[:, unseen] = 0
    net = TwoTowerNet(SMALL, categories, features, seed, is_ordered=is_ordered)
    for variable in net.trainable_variables:  # away from the zeros some start at, so that every term counts
        variable.assign_add(rng.normal(0, 0.3, variable.shape))
    return net
