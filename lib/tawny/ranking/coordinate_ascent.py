"""Coordinate ascent: learns the weights of a linear ranking function by maximising the ranking metric itself.

Shapes: U rows, M longest shortlist, S sources.
"""

import numpy as np

from tawny.core.arrays import Doubles
from tawny.ranking.answers import Answers

# The values to try for a coordinate, relative to the largest other weight.
_STEPS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 2.0)
_PASSES = 3


def climb(sources: Doubles, answers: Answers) -> Doubles:
    """float64 [S], not negative, summing to 1: the weights of `sources`, float64 [U, M, S], with the best mean NDCG.

    It starts from equal weights and from the best single source, so the result is never below that, and makes up to 3 passes
    over the coordinates from each. Source: Metzler and Croft 2007, section 4.
    """
    n_sources = sources.shape[2]
    some = np.flatnonzero(answers.positions.lengths)  # the others count 0 in any order
    if not len(some):
        return np.full(n_sources, 1 / n_sources)
    sources, answers = sources[some], answers.take(some)
    singles = [float(answers.ndcg(sources[..., source]).mean()) for source in range(n_sources)]
    starts = (np.eye(n_sources)[int(np.argmax(singles))], np.full(n_sources, 1 / n_sources))
    weights, _ = max((_climb_from(start, sources, answers) for start in starts), key=lambda optimum: optimum[1])
    return np.asarray(weights / weights.sum(), np.float64)


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
