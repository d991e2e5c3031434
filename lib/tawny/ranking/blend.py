"""Blend: a weighted sum of the sources' comparable scores, its weights shrunk as far as left-out users ask for.

Shapes: U rows, M longest shortlist, S sources.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tawny.core.arrays import Counts, Doubles
from tawny.ranking.answers import Answers
from tawny.ranking.coordinate_ascent import climb
from tawny.ranking.settings import RankerSettings, Transform

Comparable = Mapping[Transform, Doubles]
"""By transform, the comparable scores, float64 [U, M, S]."""

# Added to every weight, so that items which only sources of weight 0 can score are ordered too, below all others.
_FLOOR = 1e-7


@dataclass(frozen=True)
class Learned:
    """What was learned from some rows, and how good it is on rows that it was not learned from.

    Attributes:
        transform: makes the scores comparable.
        weights: float64 [S], not negative, summing to 1.
        ndcg: float64 [U], of each row by what was learned, choices included, without the row's fold.
    """

    transform: Transform
    weights: Doubles
    ndcg: Doubles


def weighted(scores: Doubles, weights: Doubles) -> Doubles:
    """float64 [U, M]: the weighted sum over the sources of comparable scores, float64 [U, M, S]."""
    summed: Doubles = scores @ (weights + _FLOOR)
    return summed


def parts(scores: Doubles, weights: Doubles) -> Doubles:
    """float64, as `scores` [..., S]: what each source adds to `weighted`."""
    return scores * (weights + _FLOOR)


def learn_source(scores: Comparable, answers: Answers, folds: Counts) -> Learned:
    """The best single source; its NDCG on each fold is that of the source which is best on the others."""
    transform: Transform = "reciprocal_rank"
    n_sources = scores[transform].shape[2]
    single = np.stack([answers.ndcg(weighted(scores[transform], one)) for one in np.eye(n_sources)])  # [S, U]
    best = int(np.argmax(single.mean(axis=1)))
    return Learned(transform, np.eye(n_sources)[best], _chosen_elsewhere(single, folds))


def learn_blend(scores: Comparable, answers: Answers, folds: Counts, settings: RankerSettings) -> Learned:
    """The blend of the transform and shrinkage that are best on left-out users; of equals, the most shrunk.

    The weights are learned without each fold of users and averaged, because a single climb overfits where users are few.
    Then they are shrunk towards equal weights or towards the best single source. The choice among these is left out as well:
    the NDCG on a fold is that of the choice which is best on the other folds.
    """
    options, values = [], []
    for transform in settings.transforms:
        own = scores[transform]
        kept = [folds != fold for fold in range(folds.max() + 1)]
        climbed = [climb(own[rows], answers.take(np.flatnonzero(rows))) for rows in kept]
        singles = np.stack([answers.ndcg(own[..., source]) for source in range(own.shape[2])])  # [S, U]
        targets = [np.eye(own.shape[2])[int(np.argmax(singles[:, rows].mean(axis=1)))] for rows in kept]
        for of_folds in _shrunk(np.stack(climbed), np.stack(targets), settings.shrinkages):
            options.append((transform, of_folds.mean(axis=0)))
            values.append(_left_out(own, of_folds, answers, folds))
    transform, weights = options[int(np.argmax([value.mean() for value in values]))]
    return Learned(transform, weights, _chosen_elsewhere(np.stack(values), folds))


def _shrunk(climbed: Doubles, singles: Doubles, shares: tuple[float, ...]) -> Iterator[Doubles]:
    """float64 [folds, S], the most shrunk first: equal weights, then those between a target and what was climbed."""
    equal = np.full_like(climbed, 1 / climbed.shape[1])
    yield equal
    for share in sorted(shares, reverse=True):
        for target in (equal, singles):
            yield share * target + (1 - share) * climbed
    yield climbed


def _left_out(scores: Doubles, weights: Doubles, answers: Answers, folds: Counts) -> Doubles:
    """float64 [U]: the NDCG of each row by the weights of its fold, float64 [folds, S]."""
    values = np.zeros(len(scores))
    for fold, own in enumerate(weights):
        rows = np.flatnonzero(folds == fold)
        values[rows] = answers.take(rows).ndcg(weighted(scores[rows], own))
    return values


def _chosen_elsewhere(values: Doubles, folds: Counts) -> Doubles:
    """float64 [U]: of options, float64 [O, U], in each fold the one with the best mean in the other folds."""
    chosen = np.zeros(len(folds))
    for fold in range(folds.max() + 1):
        is_own = folds == fold
        chosen[is_own] = values[int(np.argmax(values[:, ~is_own].mean(axis=1)))][is_own]
    return chosen
