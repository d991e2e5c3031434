"""Blend: a weighted sum of the sources' comparable scores, its weights shrunk as far as left-out users ask for.

Shapes: U rows, M longest shortlist, S sources.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.ranking.answers import Answers
from tawny.ranking.conditional_logit import fit_weights
from tawny.ranking.settings import RankerSettings, Transform

Comparable = Mapping[Transform, Doubles]
"""By transform, the comparable scores, float64 [U, M, S]."""

# Added to every weight, so that items which only sources of weight 0 can score are ordered too, below all others.
_FLOOR = 1e-7


@dataclass(frozen=True)
class Mixture:
    """A weighted sum of comparable scores.

    Attributes:
        transform: makes the scores comparable.
        weights: float64 [S], not negative, summing to 1.
    """

    transform: Transform
    weights: Doubles


@dataclass(frozen=True)
class Learned:
    """What was learned from some rows, and how good it is on rows that it was not learned from.

    Attributes:
        mixture: of all rows.
        left_out: float64 [U, M], the scores of each row by what was learned without its fold.
        ndcg: float64 [U], of each row by what was learned, choices included, without the row's fold.
    """

    mixture: Mixture
    left_out: Doubles
    ndcg: Doubles


def parts(scores: Doubles, weights: Doubles) -> Doubles:
    """float64, as the comparable `scores` [..., S]: what each source adds to the blend."""
    return scores * (weights + _FLOOR)


def learn_source(scores: Comparable, answers: Answers, folds: Counts) -> Learned:
    """The best single source; without each fold it is the one that is best on the others."""
    transform: Transform = "reciprocal_rank"
    own, each = scores[transform], np.eye(scores[transform].shape[2])
    single = _single_ndcg(own, answers)
    left_out = _left_out(own, each[_best_elsewhere(single, folds)], folds)
    return Learned(Mixture(transform, each[int(np.argmax(single.mean(axis=1)))]), left_out, answers.ndcg(left_out))


def learn_blend(scores: Comparable, is_listed: Bools, answers: Answers, folds: Counts, settings: RankerSettings) -> Learned:
    """The blend of the transform and shrinkage that are best on left-out users; of equals, the most shrunk.

    The weights are learned without each fold of users and averaged. Then they are shrunk towards equal weights or towards
    the best single source. The choice among these is left out as well: the NDCG on a fold is that of the choice which is
    best on the other folds.

    Args:
        scores: of U rows.
        is_listed: bool [U, M], False in the padding.
        answers: of the rows.
        folds: int64 [U], from 0.
        settings: of the ranker.
    """
    options, values = [], []
    kept = [np.flatnonzero(folds != fold) for fold in range(folds.max() + 1)]
    for transform in settings.transforms:
        own = scores[transform]
        fitted = np.stack([_summing_to_one(fit_weights(own[rows], is_listed[rows], answers.take(rows))) for rows in kept])
        targets = np.eye(own.shape[2])[_best_elsewhere(_single_ndcg(own, answers), folds)]
        for of_folds in _shrunk(fitted, targets, settings.shrinkages):
            options.append((transform, of_folds))
            values.append(answers.ndcg(_left_out(own, of_folds, folds)))
    transform, of_folds = options[int(np.argmax([value.mean() for value in values]))]
    left_out = _left_out(scores[transform], of_folds, folds)
    mixture = Mixture(transform, of_folds.mean(axis=0))
    of_options = np.stack(values)
    return Learned(mixture, left_out, of_options[_best_elsewhere(of_options, folds)[folds], np.arange(len(folds))])


def _single_ndcg(scores: Doubles, answers: Answers) -> Doubles:
    """float64 [S, U]: the NDCG of each source's own list, of the items alone that it can score.

    What fills a list up is not the source's merit: one that scores nothing would be judged by a plain sum of the others.
    """
    lists = np.where(scores > 0, scores, -np.inf)
    return np.stack([answers.ndcg(lists[..., source]) for source in range(scores.shape[2])])


def _summing_to_one(weights: Doubles) -> Doubles:
    """Equal weights where all are 0."""
    return weights / weights.sum() if weights.any() else np.full_like(weights, 1 / len(weights))


def _shrunk(fitted: Doubles, singles: Doubles, shares: tuple[float, ...]) -> Iterator[Doubles]:
    """float64 [folds, S], the most shrunk first: equal weights, then those between a target and what was fitted."""
    equal = np.full_like(fitted, 1 / fitted.shape[1])
    yield equal
    for share in sorted(shares, reverse=True):
        for target in (equal, singles):
            yield share * target + (1 - share) * fitted
    yield fitted


def _left_out(scores: Doubles, weights: Doubles, folds: Counts) -> Doubles:
    """float64 [U, M]: the blend of each row by the weights of its fold, float64 [folds, S]."""
    return np.asarray(np.matmul(scores, (weights[folds] + _FLOOR)[:, :, None])[..., 0], np.float64)


def _best_elsewhere(values: Doubles, folds: Counts) -> Counts:
    """int64 [folds]: of options, float64 [O, U], for each fold the one with the best mean in the other folds."""
    return np.array([np.argmax(values[:, folds != fold].mean(axis=1)) for fold in range(folds.max() + 1)], np.int64)
