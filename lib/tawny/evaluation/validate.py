"""How good a model is on a sample of validation users.

Shapes: U users, I items, K list.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import USERS_AT_ONCE, Bools, Doubles, Floats, Histories, Ragged, top_k
from tawny.evaluation.metrics import hits as metric_hits
from tawny.evaluation.metrics.ndcg import ndcg

logger = logging.getLogger(__name__)

S = TypeVar("S")


class Scorer(Protocol):
    """What is validated: any model."""

    def score(self, users: Histories, /) -> Floats:
        """float32 [U, I], higher is better."""


@dataclass(frozen=True)
class ValidationSample:
    """Users of the validation fold, and what they chose in its window.

    Attributes:
        users: histories of the U users before the cutoff.
        seen: int32, the items that must not be listed to each of them.
        answers: int32, the items that each of them chose after the cutoff.
    """

    users: Histories
    seen: Ragged
    answers: Ragged

    @property
    def n_users(self) -> int:
        """U."""
        return self.users.n_users

    def take(self, rows: NDArray[np.integer[Any]]) -> "ValidationSample":
        """The given users, int [M], in that order."""
        return ValidationSample(self.users.take(rows), self.seen.take(rows), self.answers.take(rows))

    def subsample(self, max_users: int) -> "ValidationSample":
        """At most `max_users` of the users who have both a history and an answer, evenly spread over their order."""
        rows = np.flatnonzero((self.users.lengths > 0) & (self.answers.lengths > 0))
        if len(rows) > max_users:
            rows = rows[np.linspace(0, len(rows) - 1, max_users).astype(np.int64)]
        return self.take(rows)

    def blocks(self, rank: int = 0, size: int = 1, at_once: int = USERS_AT_ONCE) -> Iterator["ValidationSample"]:
        """Blocks of `at_once` users, in order; of `size` workers, worker `rank` gets every size-th block."""
        for start in range(rank * at_once, self.n_users, size * at_once):
            yield self.take(np.arange(start, min(start + at_once, self.n_users)))

    def hits(self, scores: Floats, k: int) -> Bools:
        """bool [U, k]: whether each of the best `k` unseen items is an answer; `scores` is not changed.

        Args:
            scores: float32 [U, I], higher is better.
            k: positive.
        """
        unseen = scores.copy()
        unseen[self.seen.rows, self.seen.values] = -np.inf
        return metric_hits.hits(top_k(unseen, k)[0], self.answers)

    def ndcg(self, score: Callable[[Histories], Floats], k: int) -> Doubles:
        """float64 [U]: NDCG@k of every user's list; NaN for a user without an answer.

        Args:
            score: float32 [users, I] of one block of users.
            k: positive.
        """
        values = [ndcg(block.hits(score(block.users), k), block.answers.n_distinct, k) for block in self.blocks()]
        return np.concatenate([np.empty(0), *values])


def best_settings(settings: Iterable[S], fit: Callable[[S], Scorer], sample: ValidationSample, k: int, name: str) -> S:
    """The settings whose model has the best mean NDCG@k: the first of equals, and the first where no user has an answer.

    Args:
        settings: at least one.
        fit: fits the model with some settings.
        sample: the users that the models are compared on.
        k: positive.
        name: the model's name, for the log.
    """
    options = list(settings)
    if len(options) == 1 or not sample.answers.lengths.any():
        return options[0]
    means = [float(np.nanmean(sample.ndcg(fit(option).score, k))) for option in options]
    for option, mean in zip(options, means, strict=True):
        logger.info("tune model=%s ndcg_%d=%.4f settings=%s", name, k, mean, option)
    return options[int(np.argmax(means))]
