"""Conditional logit: the weights of a sum of scores under which the items that users took are the likeliest choices.

Shapes: U rows, M longest shortlist, S sources, P listed answers.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import minimize

from tawny.core.arrays import Bools, Counts, Doubles
from tawny.ranking.answers import Answers

_MAX_STEPS = 100


def fit_weights(sources: Doubles, is_listed: Bools, answers: Answers) -> Doubles:
    """float64 [S], not negative: the weights of `sources`, with the scale at which their sum is the logarithm of the odds.

    Each answer is a choice between itself and the items of its row that are no answer; the choices of a row count together
    as one, by their gains. The likelihood is concave in the weights, so what is found does not depend on where it starts. A
    normal prior, of deviation 1 on a source's own scale, keeps the weights finite where few rows are told apart perfectly.
    They are zeros where no row has a listed answer.

    Args:
        sources: float64 [U, M, S], comparable scores.
        is_listed: bool [U, M], False in the padding.
        answers: of these rows.

    Source: McFadden 1974, Conditional logit analysis of qualitative choice behavior.
    """
    choices = _Choices.of(sources, is_listed, answers)
    n_sources = sources.shape[2]
    if not len(choices.shares):
        return np.zeros(n_sources)
    bounds = [(0.0, None)] * n_sources
    found = minimize(choices.loss, np.zeros(n_sources), jac=True, bounds=bounds, options={"maxiter": _MAX_STEPS})
    return np.asarray(found.x / choices.deviations, np.float64)


@dataclass(frozen=True)
class _Choices:
    """What the likelihood needs, of the rows that have a listed answer.

    Attributes:
        sources: float64 [U, M, S], each source over its deviation.
        is_other: bool [U, M], the listed items that are no answer.
        rows, columns: int64 [P], where the answers are.
        shares: float64 [P], of its row's gains.
        deviations: float64 [S], of the listed scores of each source.
    """

    sources: Doubles
    is_other: Bools
    rows: Counts
    columns: Counts
    shares: Doubles
    deviations: Doubles

    @classmethod
    def of(cls, sources: Doubles, is_listed: Bools, answers: Answers) -> Self:
        some = np.flatnonzero(answers.positions.lengths)
        sources, is_other, own = sources[some], is_listed[some], answers.take(some)
        spread = sources[is_other].std(axis=0) if len(some) else np.ones(sources.shape[2])
        deviations = np.where(spread > 0, spread, 1.0)
        rows, columns = own.positions.rows, own.positions.values
        is_other[rows, columns] = False
        shares = own.gains / np.bincount(rows, own.gains, len(some))[rows]
        return cls(sources / deviations, is_other, rows, columns, shares, deviations)

    def loss(self, weights: Doubles) -> tuple[float, Doubles]:
        """Minus the logarithm of the posterior, and its gradient, float64 [S]."""
        scores = self.sources @ weights
        highest = scores.max(axis=1)
        odds = np.where(self.is_other, np.exp(scores - highest[:, None]), 0.0)
        totals = odds.sum(axis=1)
        of_others = np.matmul(odds[:, None, :], self.sources)[:, 0] / np.maximum(totals, 1e-300)[:, None]  # [U, S]
        own = np.exp(scores[self.rows, self.columns] - highest[self.rows])
        missed = totals[self.rows] / (totals[self.rows] + own)  # the probability of another item
        surprise = np.logaddexp(0, np.log(np.maximum(totals[self.rows], 1e-300)) - np.log(np.maximum(own, 1e-300)))
        slopes = of_others[self.rows] - self.sources[self.rows, self.columns]
        gradient = (self.shares * missed) @ slopes + weights
        return float(self.shares @ surprise + 0.5 * weights @ weights), gradient
