"""How well reasons hold: whether a model orders a user's past items as leaving each of them out does.

Shapes: U lists, each of one user, N history entries, n entries of one user, E entries of a block, K list, R resamples.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tawny.core.arrays import USERS_AT_ONCE, Counts, Doubles, Floats, Histories, Ints, Ragged
from tawny.evaluation.poisson import poisson_weights
from tawny.evaluation.spec import EvaluationRow, EvaluationSpec
from tawny.evaluation.sums import CONFIDENCE_SHARE, percentile_interval
from tawny.models.base import Model

METRIC = "reason_agreement"
SEGMENT = "warm"

FEWEST_ENTRIES = 3
"""An order of two entries is right or wrong by half a chance."""

_ROUNDING = 1e-6
"""Numbers that differ by less than this share of the user's largest score are equal: a score is a float32."""


def agreement(model: Model, users: Histories, listed: Ints) -> Doubles:
    """float64 [U], in [-1, 1]: the rank correlation (Spearman's) of what entries contribute and what they do.

    What an entry does is the item's score less the score from the history without the entry; no score counts as 0. The
    correlation is over a user's entries, and the mean over the user's listed items. NaN where there is none: with fewer than
    FEWEST_ENTRIES entries, without a score, or where all entries contribute the same or do the same.

    Args:
        model: a source.
        users: histories of U users; a user with two lists, as of two mornings, is there twice.
        listed: int32 [U, K], padded with -1.
    """
    whole = model.score_items(users, listed)
    effects = np.nan_to_num(whole)[users.rows] - np.nan_to_num(_scores_without_each(model, users, listed))
    contributions = model.contributions(users, listed)
    found = np.full(users.n_users, np.nan)
    for user in np.flatnonzero(users.lengths >= FEWEST_ENTRIES):
        own, scored = slice(users.indptr[user], users.indptr[user + 1]), np.isfinite(whole[user])
        unit = max(_ROUNDING * np.abs(whole[user, scored]).max(initial=0), np.finfo(np.float32).tiny)
        rounded = [np.rint(values[own][:, scored] / unit) for values in (contributions, effects)]
        correlations = rank_correlations(*rounded)
        if not np.isnan(correlations).all():
            found[user] = np.nanmean(correlations)
    return found


def rank_correlations(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> Doubles:
    """float64 [K]: Spearman's rank correlation of each column of two arrays [n, K]; NaN where one of them is constant.

    >>> ranks = np.array([[1.0, 1.0, 5.0], [2.0, 2.0, 5.0], [9.0, 3.0, 5.0]])
    >>> rank_correlations(ranks, np.array([[0.1, 3.0, 1.0], [0.2, 2.0, 2.0], [0.3, 1.0, 3.0]]))
    array([ 1., -1., nan])
    """
    ranks = [rankdata(values, axis=0) for values in (one, other)]
    first, second = (own - own.mean(axis=0) for own in ranks)
    sizes = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    is_defined = sizes > 0
    return np.where(is_defined, (first * second).sum(axis=0) / np.where(is_defined, sizes, 1), np.nan)


def agreement_row(values: Doubles, keys: NDArray[np.uint64], k: int, spec: EvaluationSpec) -> EvaluationRow:
    """The mean over the lists that have an agreement, with its interval: a bootstrap over users.

    Args:
        values: float64 [U], of `agreement`.
        keys: uint64 [U], of the users: a resample draws a user with all lists.
        k: length of the lists.
        spec: how many resamples, and their seed.
    """
    is_judged = ~np.isnan(values)
    judged, n_left_out = values[is_judged], int(np.count_nonzero(~is_judged))
    if not len(judged):
        return EvaluationRow(SEGMENT, METRIC, k, None, None, None, 0, n_left_out)
    draws = poisson_weights(keys[is_judged], spec.n_resamples, spec.seed).astype(np.float64)
    n_drawn = draws.sum(axis=0)
    means = judged @ draws[:, n_drawn > 0] / n_drawn[n_drawn > 0]
    low, high = percentile_interval(means if len(means) else judged, CONFIDENCE_SHARE)
    return EvaluationRow(SEGMENT, METRIC, k, float(judged.mean()), low, high, len(judged), n_left_out)


def _scores_without_each(model: Model, users: Histories, listed: Ints) -> Floats:
    """float32 [N, K]: the scores of each user's items from the history without one entry; NaN as of `score_items`."""
    scores = np.empty((len(users.items), listed.shape[1]), np.float32)
    for start in range(0, len(scores), USERS_AT_ONCE):
        entries = np.arange(start, min(start + USERS_AT_ONCE, len(scores)))
        scores[entries] = model.score_items(without_each(users, entries), listed[users.rows[entries]])
    return scores


def without_each(users: Histories, entries: Counts) -> Histories:
    """The histories [E] of the owners of `entries`, int [E], each without that entry; older entries move up, ages stay."""
    owners = users.rows[entries]
    whole = users.entries.take(owners)
    left = whole.values[whole.values != np.repeat(entries, whole.lengths)]
    return users.take_entries(owners, Ragged(whole.indptr - np.arange(len(entries) + 1), left))
