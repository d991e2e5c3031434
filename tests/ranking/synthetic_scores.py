"""Sources that see the relevant items through noise, and NDCG by a full sort, to compare with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles, Floats


def synthetic_scores(rng: np.random.Generator, n_users: int, strengths: tuple[float, ...]) -> tuple[Floats, Bools, Counts]:
    """Scores float32 [U, 30, S], the relevant items bool [U, 30], and how many they are int64 [U]."""
    is_relevant = rng.random((n_users, 30)) < 0.1
    scores = is_relevant[..., None] * np.array(strengths) + rng.normal(size=(n_users, 30, len(strengths)))
    scores[rng.random(scores.shape) < 0.2] = np.nan
    return scores.astype(np.float32), is_relevant, is_relevant.sum(axis=1)


def mean_ndcg(order: Floats | Doubles, is_relevant: Bools, n_relevant: NDArray[np.integer[Any]], k: int) -> float:
    """By a full sort, user by user."""
    values = []
    for scores, relevant, n in zip(order, is_relevant, n_relevant, strict=True):
        ranked = relevant[np.argsort(-scores, kind="stable")][:k]
        gain = (ranked / np.log2(np.arange(2, len(ranked) + 2))).sum()
        values.append(gain / (1 / np.log2(np.arange(2, min(k, n) + 2))).sum())
    return float(np.mean(values))
