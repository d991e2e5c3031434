import numpy as np
import pytest

from tawny.models.blend import Blend, BlendConfig, Segment, transformed
from tawny.models.coordinate_ascent import Answers
from tawny.models.files import from_files, to_files

NAN = np.nan
SETTINGS = BlendConfig(k=3, rank_offset=1.0)


def blend(warm: tuple[float, ...], cold: tuple[float, ...]) -> Blend:
    segments = [Segment(transform="reciprocal_rank", weights=weights) for weights in (warm, cold)]
    return Blend(["a", "b"], segments[0], segments[1], SETTINGS)


def mean_ndcg(order: np.ndarray, is_relevant: np.ndarray, n_relevant: np.ndarray, k: int) -> float:
    """By a full sort, user by user."""
    values = []
    for scores, relevant, n in zip(order, is_relevant, n_relevant, strict=True):
        ranked = relevant[np.argsort(-scores, kind="stable")][:k]
        values.append(
            (ranked / np.log2(np.arange(2, len(ranked) + 2))).sum() / (1 / np.log2(np.arange(2, min(k, n) + 2))).sum()
        )
    return float(np.mean(values))


def made(rng: np.random.Generator, n_users: int, strengths: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores float32 [U, 30, S] of sources that see the relevant items through noise, and the relevant items."""
    is_relevant = rng.random((n_users, 30)) < 0.1
    scores = is_relevant[..., None] * np.array(strengths) + rng.normal(size=(n_users, 30, len(strengths)))
    scores[rng.random(scores.shape) < 0.2] = NAN
    return scores.astype(np.float32), is_relevant, is_relevant.sum(axis=1)


def test_reciprocal_ranks_count_within_each_sources_own_list() -> None:
    scores = np.array([[[5.0, NAN], [7.0, 1.0], [NAN, NAN]]], np.float32)
    np.testing.assert_allclose(transformed(scores, "reciprocal_rank", 1.0)[0], [[2 / 3, 0], [1, 1], [0, 0]])


def test_min_max_keeps_the_last_of_a_list_above_what_is_not_listed() -> None:
    scores = np.array([[[5.0, NAN], [7.0, 1.0], [6.0, NAN]]], np.float32)
    np.testing.assert_allclose(transformed(scores, "min_max", 1.0)[0], [[0.05, 0], [1, 0.05], [0.525, 0]], rtol=1e-6)


def test_users_without_history_have_weights_of_their_own() -> None:
    scores = np.array([[[2.0, 1.0], [1.0, 2.0]]] * 2, np.float32)
    order = blend(warm=(1, 0), cold=(0, 1)).blend_scores(scores, np.array([True, False])).argmax(axis=1)
    assert order.tolist() == [0, 1]


def test_what_no_source_listed_is_minus_infinity_and_what_only_unweighted_ones_listed_comes_last() -> None:
    scores = np.array([[[1.0, NAN], [NAN, 1.0], [NAN, NAN], [NAN, 3.0]]], np.float32)
    blended = blend(warm=(1, 0), cold=(1, 0)).blend_scores(scores, np.array([True]))[0]
    assert np.argsort(-blended, kind="stable").tolist() == [0, 3, 1, 2]
    assert np.isfinite(blended).tolist() == [True, True, False, True]


def test_the_learned_blend_beats_the_best_single_source_where_sources_complement_each_other() -> None:
    rng = np.random.default_rng(0)
    scores, is_relevant, n_relevant = made(rng, 300, (1.5, 1.5, 0.0))
    warm = np.ones(300, bool)
    learned = Blend.learn("abc", scores, is_relevant, n_relevant, warm, BlendConfig())
    new_scores, new_relevant, new_n = made(rng, 300, (1.5, 1.5, 0.0))
    some = new_n > 0

    def quality(order: np.ndarray) -> float:
        return mean_ndcg(order[some], new_relevant[some], new_n[some], 10)

    singles = [quality(np.where(np.isnan(new_scores[..., s]), -np.inf, new_scores[..., s])) for s in range(3)]
    assert quality(learned.blend_scores(new_scores, warm)) > max(singles) + 0.05
    assert learned.warm.weights[2] < 0.1
    assert sum(learned.warm.weights) == pytest.approx(1)
    assert learned.warm.gain > 0


def test_on_its_own_users_it_is_never_below_the_best_single_source() -> None:
    for seed in range(5):
        scores, is_relevant, n_relevant = made(np.random.default_rng(seed), 12, (1.0, 0.5))
        warm = np.ones(12, bool)
        learned = Blend.learn("ab", scores, is_relevant, n_relevant, warm, BlendConfig())
        some = n_relevant > 0
        ours = mean_ndcg(learned.blend_scores(scores, warm)[some], is_relevant[some], n_relevant[some], 10)
        singles = [np.where(np.isnan(scores[..., s]), -np.inf, scores[..., s]) for s in range(2)]
        assert ours >= max(mean_ndcg(s[some], is_relevant[some], n_relevant[some], 10) for s in singles) - 1e-9


def test_where_no_blend_is_better_the_best_single_source_is_left_alone() -> None:
    _, is_relevant, n_relevant = made(np.random.default_rng(1), 40, (1.0, 0.0))
    perfect = np.where(is_relevant, 100, np.arange(30))
    scores = np.stack([perfect, np.broadcast_to(np.arange(30)[::-1], perfect.shape)], axis=2).astype(np.float32)
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, np.ones(40, bool), BlendConfig())
    assert learned.warm.weights == (1.0, 0.0)
    assert learned.warm.gain == 0


def test_one_validation_user_is_enough_to_learn_from() -> None:
    scores = np.array([[[1.0, 2.0], [2.0, 1.0]]], np.float32)
    learned = Blend.learn("ab", scores, np.array([[True, False]]), np.array([1]), np.array([True]), BlendConfig())
    assert learned.warm.weights == (0.0, 1.0)
    assert learned.warm.n_users == 1


def test_without_validation_users_of_a_kind_its_sources_weigh_the_same() -> None:
    scores, is_relevant, n_relevant = made(np.random.default_rng(1), 8, (2.0, 0.0))
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, np.ones(8, bool), BlendConfig())
    assert learned.cold.weights == (0.5, 0.5)


def test_saved_and_loaded_it_orders_the_same() -> None:
    scores, is_relevant, n_relevant = made(np.random.default_rng(1), 20, (1.0, 1.0))
    warm = np.arange(20) % 2 == 0
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, warm, BlendConfig())
    loaded = from_files(to_files(learned))
    assert isinstance(loaded, Blend)
    assert loaded.sources == ("a", "b")
    np.testing.assert_array_equal(loaded.blend_scores(scores, warm), learned.blend_scores(scores, warm))


def test_the_measure_that_is_climbed_is_ndcg() -> None:
    rng = np.random.default_rng(4)
    scores, is_relevant, n_relevant = made(rng, 40, (1.0,))
    order, some = np.round(np.nan_to_num(scores[..., 0]).astype(float), 1), n_relevant > 0
    answers = Answers.of(is_relevant[some], n_relevant[some], 5)
    expected = mean_ndcg(order[some], is_relevant[some], n_relevant[some], 5)
    assert answers.ndcg(order[some]).mean() == pytest.approx(expected)


def test_of_many_users_some_are_picked_evenly() -> None:
    scores, is_relevant, n_relevant = made(np.random.default_rng(1), 60, (1.0, 0.0))
    assert (n_relevant > 0).sum() > 40
    learned = Blend.learn("ab", scores, is_relevant, n_relevant, np.ones(60, bool), BlendConfig(max_users=40))
    assert learned.warm.n_users == 40
