"""Coordinate ascent: learns the weights of a linear ranking function by maximising the ranking metric itself.

Shapes: U users, M listed items (padded), S sources, P relevant listed (user, item) pairs, K list.
"""

from dataclasses import dataclass
from typing import Any, Self

import numba
import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles, Ragged
from tawny.evaluation.metrics.ndcg import discounts, ideal_gain

# The values to try for a coordinate, relative to the largest other weight.
_STEPS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 2.0)
_PASSES = 3


@dataclass(frozen=True)
class Answers:
    """The items that the users took; gives the NDCG@k (binary gains) of an order of their lists.

    Attributes:
        positions: int64 [U rows, P values], each user's positions of the relevant listed items in [0, M), ascending.
        n_relevant: int64 [U], positive; listed or not.
        k: positive.
    """

    positions: Ragged
    n_relevant: Counts
    k: int

    @classmethod
    def from_padded(cls, is_relevant: Bools, n_relevant: NDArray[np.integer[Any]], k: int) -> Self:
        """From bool [U, M] and int [U]."""
        positions = np.broadcast_to(np.arange(is_relevant.shape[1]), is_relevant.shape)
        return cls(Ragged.from_padded(positions, is_relevant), n_relevant.astype(np.int64), k)

    def take(self, chosen: Bools) -> "Answers":
        """The answers of the chosen rows, bool [U]."""
        return Answers(self.positions.take(np.flatnonzero(chosen)), self.n_relevant[chosen], self.k)

    def ndcg(self, scores: Doubles) -> Doubles:
        """float64 [U]: NDCG@k of ordering every row of `scores`, float64 [U, M], descending; ties by position.

        One user, scores 3, 1, 2, the second item relevant, k = 3: its rank is 3, so the gain is 1 / log2(4) of at most 1.

        >>> Answers.from_padded(np.array([[False, True, False]]), np.array([1]), 3).ndcg(np.array([[3.0, 1.0, 2.0]]))
        array([0.5])
        """
        users = self.positions.rows
        ranks = _ranks(scores, users, self.positions.values, self.k)
        is_hit = ranks < self.k
        gains = np.bincount(users[is_hit], discounts(self.k)[ranks[is_hit]], len(scores))
        return gains / ideal_gain(self.n_relevant, self.k)


def climb(sources: Doubles, answers: Answers) -> Doubles:
    """float64 [S], not negative, summing to 1: the weights of `sources`, float64 [U, M, S], with the best mean NDCG.

    It starts once from each single source, so the result is never below the best of them, and makes up to 3 passes over
    the coordinates from each. Source: Metzler and Croft 2007, section 4.
    """
    n_sources = sources.shape[2]
    optima = [_climb_from(np.eye(n_sources)[start], sources, answers) for start in range(n_sources)]
    optima = [(weights / weights.sum(), value) for weights, value in optima]
    # Of equally good optima the one with the largest weight.
    return max(optima, key=lambda optimum: (optimum[1], optimum[0].max()))[0]


def _climb_from(weights: Doubles, sources: Doubles, answers: Answers) -> tuple[Doubles, float]:
    best = float(answers.ndcg(sources @ weights).mean())
    for _ in range(_PASSES):
        before = best
        for coordinate in range(len(weights)):
            weights, best = _best_step(weights, best, coordinate, sources, answers)
        if best <= before:
            break
    return weights, best


def _best_step(weights: Doubles, best: float, coordinate: int, sources: Doubles, answers: Answers) -> tuple[Doubles, float]:
    """The weights with one coordinate set to its best step; unchanged where no step is better."""
    others = weights.copy()
    others[coordinate] = 0
    if others.max() == 0:
        return weights, best
    others /= others.max()
    fixed, stepped = sources @ others, sources[..., coordinate]
    best_weights = weights
    for step in _STEPS:
        value = float(answers.ndcg(fixed + step * stepped).mean())
        if value > best:
            best, best_weights = value, others.copy()
            best_weights[coordinate] = step
    return best_weights, best


@numba.njit(cache=True)
def _ranks(scores: Doubles, users: Counts, positions: Counts, k: int) -> Counts:
    """int64 [P], from 0: the number of items before the pair's item; counting stops at k."""
    ranks = np.zeros(len(users), np.int64)
    for pair in range(len(users)):
        row, own = scores[users[pair]], scores[users[pair], positions[pair]]
        for position in range(len(row)):
            if row[position] > own or (row[position] == own and position < positions[pair]):
                ranks[pair] += 1
                if ranks[pair] == k:
                    break
    return ranks
