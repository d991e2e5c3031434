"""Weights of a linear ranking function, found by climbing the ranking measure itself, one coordinate at a time.

Shapes: U users, M listed items (padded), S sources, P relevant (user, item) pairs, K list.
"""

from dataclasses import dataclass
from typing import Any, Self

import numba
import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]

# What a coordinate may become, the largest other weight being 1.
_STEPS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 2.0)
_PASSES = 3


@dataclass(frozen=True)
class Answers:
    """What the users took, and the measure of an order of their lists: NDCG@k with binary gains.

    Attributes:
        users: int64 [P], row of each relevant listed item.
        places: int64 [P], its place on the second axis.
        n_relevant: int64 [U], positive: listed or not.
        k: positive.
    """

    users: NDArray[np.int64]
    places: NDArray[np.int64]
    n_relevant: NDArray[np.int64]
    k: int

    @classmethod
    def of(cls, is_relevant: Bools, n_relevant: NDArray[np.integer[Any]], k: int) -> Self:
        """From bool [U, M] and int [U]."""
        users, places = np.nonzero(is_relevant)
        return cls(users.astype(np.int64), places.astype(np.int64), n_relevant.astype(np.int64), k)

    def take(self, chosen: Bools) -> "Answers":
        """The answers of the chosen rows, bool [U]."""
        row = np.cumsum(chosen) - 1
        inside = chosen[self.users]
        return Answers(row[self.users[inside]], self.places[inside], self.n_relevant[chosen], self.k)

    def ndcg(self, scores: Doubles) -> Doubles:
        """float64 [U] of ordering every row of `scores`, float64 [U, M], descending; ties by place.

        One user, scores 3, 1, 2, the second item relevant, k = 3: rank 3, so 1 / log2(4) of a best 1.

        >>> Answers.of(np.array([[False, True, False]]), np.array([1]), 3).ndcg(np.array([[3.0, 1.0, 2.0]]))
        array([0.5])
        """
        discounts = 1 / np.log2(np.arange(2, self.k + 2))
        ranks = _ranks(scores, self.users, self.places, self.k)
        hit = ranks < self.k
        gains = np.bincount(self.users[hit], discounts[ranks[hit]], len(scores))
        best: Doubles = np.cumsum(discounts)[np.minimum(self.n_relevant, self.k) - 1]
        return gains / best


def climb(sources: Doubles, answers: Answers) -> Doubles:
    """float64 [S], not negative, summing to 1: the weights of `sources`, float64 [U, M, S], with the best mean NDCG.

    Climbs from every single source, so the result is never below the best of them. Takes up to 3 passes over the
    coordinates from each. Source: Metzler and Croft 2007, section 4.
    """
    n_sources = sources.shape[2]
    ends = [_climb_from(np.eye(n_sources)[start], sources, answers) for start in range(n_sources)]
    ends = [(weights / weights.sum(), value) for weights, value in ends]
    # Of equally good ends the one that leans most on one source.
    return max(ends, key=lambda end: (end[1], end[0].max()))[0]


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
    """The weights with one coordinate moved to where the measure is highest; as they are when no move is better."""
    others = weights.copy()
    others[coordinate] = 0
    if others.max() == 0:
        return weights, best
    others /= others.max()
    fixed, moved = sources @ others, sources[..., coordinate]
    found = weights
    for step in _STEPS:
        value = float(answers.ndcg(fixed + step * moved).mean())
        if value > best:
            best, found = value, others.copy()
            found[coordinate] = step
    return found, best


@numba.njit(cache=True)
def _ranks(scores: Doubles, users: NDArray[np.int64], places: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """int64 [P], from 0: items before the pair's own; counting stops at k."""
    ranks = np.zeros(len(users), np.int64)
    for pair in range(len(users)):
        row, own = scores[users[pair]], scores[users[pair], places[pair]]
        for place in range(len(row)):
            if row[place] > own or (row[place] == own and place < places[pair]):
                ranks[pair] += 1
                if ranks[pair] == k:
                    break
    return ranks
