import numpy as np
from scipy.stats import chisquare, poisson

from tawny.evaluation.poisson import poisson_weights

KEYS = np.arange(4_000, dtype=np.uint64)  # neighbouring keys are the hardest to mix


def test_draws_follow_poisson_with_mean_one() -> None:
    weights = poisson_weights(KEYS, 250, seed=3)
    seen = np.bincount(weights.ravel(), minlength=9)[:9]
    expected = np.array([*poisson.pmf(range(6), 1), poisson.sf(5, 1)]) * weights.size
    assert chisquare([*seen[:6], seen[6:].sum()], expected).pvalue > 1e-3
    assert weights.max() <= 8


def test_resamples_and_users_are_uncorrelated() -> None:
    weights = poisson_weights(KEYS, 60, seed=3).astype(np.float64)
    for matrix in (weights.T, weights[:60]):
        correlations = np.corrcoef(matrix) - np.eye(60)
        assert np.abs(correlations).max() < 5 / np.sqrt(matrix.shape[1])


def test_a_users_draws_do_not_depend_on_other_users() -> None:
    whole = poisson_weights(KEYS, 10, seed=3)
    assert np.array_equal(poisson_weights(KEYS[[17, 5]], 10, seed=3), whole[[17, 5]])


def test_fewer_resamples_are_the_first_of_more() -> None:
    assert np.array_equal(poisson_weights(KEYS, 7, seed=3), poisson_weights(KEYS, 12, seed=3)[:, :7])


def test_another_seed_gives_other_draws() -> None:
    same = np.mean(poisson_weights(KEYS, 50, seed=3) == poisson_weights(KEYS, 50, seed=4))
    assert abs(same - sum(poisson.pmf(n, 1) ** 2 for n in range(9))) < 0.01


def test_the_bits_are_those_of_splitmix64() -> None:
    """Python's whole numbers, against SplitMix64 as it is published, and the law of Poisson against its table."""

    def mix(word: int) -> int:
        word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
        return word ^ word >> 31

    step = 0x9E3779B97F4A7C15
    start = mix(2**63 + 1 ^ mix((5 + step) % 2**64))
    words = [mix((start + step * n) % 2**64) for n in (1, 2)]
    pieces = [word >> shift & 0xFFFF for word in words for shift in (0, 16, 32, 48)]
    expected = [int(poisson.ppf((piece + 0.5) / 65536, 1)) for piece in pieces]
    assert poisson_weights(np.array([2**63 + 1], np.uint64), 8, seed=5)[0].tolist() == expected
