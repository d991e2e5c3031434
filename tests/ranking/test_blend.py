"""One order from several sources: never below the best of them, above it where they complement each other."""

import json

import numpy as np
import pytest

from tawny.core.arrays import Bools, Doubles, Floats
from tawny.models.store import CONFIG_FILE, load, to_files
from tawny.ranking.blend import Blend, Segment, blended, transformed
from tawny.ranking.settings import BlendSettings

from .synthetic_scores import mean_ndcg, synthetic_scores

NAN = np.nan
SETTINGS = BlendSettings(k=3, rank_offset=1.0)


def blend(warm: tuple[float, ...], cold: tuple[float, ...]) -> Blend:
    segments = [Segment(transform="reciprocal_rank", weights=weights) for weights in (warm, cold)]
    return Blend(["a", "b"], segments[0], segments[1], SETTINGS)


def order_of(blend: Blend, scores: Floats, is_warm: Bools) -> Floats:
    return blended(blend.strengths(scores, is_warm), scores)


def test_reciprocal_ranks_count_within_each_sources_own_list() -> None:
    scores = np.array([[[5.0, NAN], [7.0, 1.0], [NAN, NAN]]], np.float32)
    np.testing.assert_allclose(transformed(scores, "reciprocal_rank", 1.0)[0], [[2 / 3, 0.0], [1.0, 1.0], [0.0, 0.0]])


def test_min_max_keeps_the_last_of_a_list_above_what_is_not_listed() -> None:
    scores = np.array([[[5.0, NAN], [7.0, 1.0], [6.0, NAN]]], np.float32)
    np.testing.assert_allclose(transformed(scores, "min_max", 1.0)[0], [[0.05, 0], [1, 0.05], [0.525, 0]], rtol=1e-6)


def test_users_without_history_have_weights_of_their_own() -> None:
    scores = np.array([[[2.0, 1.0], [1.0, 2.0]]] * 2, np.float32)
    order = order_of(blend(warm=(1, 0), cold=(0, 1)), scores, np.array([True, False])).argmax(axis=1)
    assert order.tolist() == [0, 1]


def test_what_no_source_listed_is_minus_infinity_and_what_only_unweighted_ones_listed_comes_last() -> None:
    scores = np.array([[[1.0, NAN], [NAN, 1.0], [NAN, NAN], [NAN, 3.0]]], np.float32)
    order = order_of(blend(warm=(1, 0), cold=(1, 0)), scores, np.array([True]))[0]
    assert np.argsort(-order, kind="stable").tolist() == [0, 3, 1, 2]
    assert np.isfinite(order).tolist() == [True, True, False, True]


def test_the_learned_blend_beats_the_best_single_source_where_sources_complement_each_other() -> None:
    rng = np.random.default_rng(0)
    scores, is_relevant, n_relevant = synthetic_scores(rng, 300, (1.5, 1.5, 0.0))
    warm = np.ones(300, bool)
    learned = Blend.learn("abc", scores, is_relevant, n_relevant, warm, BlendSettings())
    new_scores, new_relevant, new_n = synthetic_scores(rng, 300, (1.5, 1.5, 0.0))
    some = new_n > 0

    def quality(order: Floats | Doubles) -> float:
        return mean_ndcg(order[some], new_relevant[some], new_n[some], 10)

    singles = [quality(np.where(np.isnan(new_scores[..., s]), -np.inf, new_scores[..., s])) for s in range(3)]
    assert quality(order_of(learned, new_scores, warm)) > max(singles) + 0.05
    assert learned.warm.weights[2] < 0.1
    assert sum(learned.warm.weights) == pytest.approx(1)
    assert learned.warm.gain > 0


def test_on_its_own_users_it_is_never_below_the_best_single_source() -> None:
    for seed in range(5):
        scores, is_relevant, n_relevant = synthetic_scores(np.random.default_rng(seed), 12, (1.0, 0.5))
        warm = np.ones(12, bool)
        learned = Blend.learn("ab", scores, is_relevant, n_relevant, warm, BlendSettings())
        some = n_relevant > 0
        ours = mean_ndcg(order_of(learned, scores, warm)[some], is_relevant[some], n_relevant[some], 10)
        singles = [np.where(np.isnan(scores[..., s]), -np.inf, scores[..., s]) for s in range(2)]
        assert ours >= max(mean_ndcg(s[some], is_relevant[some], n_relevant[some], 10) for s in singles) - 1e-9


def test_where_no_blend_is_better_the_best_single_source_is_left_alone() -> None:
    _, is_relevant, n_relevant = synthetic_scores(np.random.default_rng(1), 40, (1.0, 0.0))
    perfect = np.where(is_relevant, 100, np.arange(30))
    scores = np.stack([perfect, np.broadcast_to(np.arange(30)[::-1], perfect.shape)], axis=2).astype(np.float32)
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, np.ones(40, bool), BlendSettings())
    assert learned.warm.weights == (1.0, 0.0)
    assert learned.warm.gain == 0


def test_one_validation_user_is_enough_to_learn_from() -> None:
    scores = np.array([[[1.0, 2.0], [2.0, 1.0]]], np.float32)
    learned = Blend.learn("ab", scores, np.array([[True, False]]), np.array([1]), np.array([True]), BlendSettings())
    assert learned.warm.weights == (0.0, 1.0)
    assert learned.warm.n_users == 1


def test_without_validation_users_of_a_kind_its_sources_weigh_the_same() -> None:
    scores, is_relevant, n_relevant = synthetic_scores(np.random.default_rng(1), 8, (2.0, 0.0))
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, np.ones(8, bool), BlendSettings())
    assert learned.cold.weights == (0.5, 0.5)


def test_without_any_validation_user_the_lists_are_popularitys() -> None:
    nothing = np.zeros((0, 1, 3), np.float32), np.zeros((0, 1), bool), np.zeros(0, np.int64), np.zeros(0, bool)
    learned = Blend.learn(("als", "popularity", "transitions"), *nothing, BlendSettings())
    assert learned.warm.weights == learned.cold.weights == (0, 1, 0)
    assert learned.warm.n_users == learned.cold.n_users == 0


def test_saved_and_loaded_it_orders_the_same() -> None:
    scores, is_relevant, n_relevant = synthetic_scores(np.random.default_rng(1), 20, (1.0, 1.0))
    warm = np.arange(20) % 2 == 0
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, warm, BlendSettings())
    loaded = load(Blend, to_files(learned))
    assert loaded.sources == ("a", "b")
    np.testing.assert_array_equal(order_of(loaded, scores, warm), order_of(learned, scores, warm))


def test_its_file_spells_out_the_weights_and_the_settings() -> None:
    """Its bytes are the model_version: a new spelling would give every published list a new one."""
    head = json.loads(to_files(blend(warm=(0.25, 0.75), cold=(1, 0)))[CONFIG_FILE])
    segment = {"transform": "reciprocal_rank", "n_users": 0, "gain": 0.0}
    assert head == {
        "model": "blend",
        "config": {
            "sources": ["a", "b"],
            "warm": {**segment, "weights": [0.25, 0.75]},
            "cold": {**segment, "weights": [1.0, 0.0]},
            "settings": {
                "k": 3,
                "transforms": ["reciprocal_rank", "min_max"],
                "rank_offset": 1.0,
                "n_folds": 5,
                "max_users": 3000,
            },
        },
    }


def test_of_many_users_some_are_picked_evenly() -> None:
    scores, is_relevant, n_relevant = synthetic_scores(np.random.default_rng(1), 60, (1.0, 0.0))
    assert (n_relevant > 0).sum() > 40
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, np.ones(60, bool), BlendSettings(max_users=40))
    assert learned.warm.n_users == 40
