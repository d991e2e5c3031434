"""How good a model is on a sample of validation rows: a user as of a morning, and what the user chose then.

Shapes: U rows, I items, K list.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import USERS_AT_ONCE, Bools, Doubles, Floats, Histories, Ragged, top_k
from tawny.evaluation.metrics import hits as metric_hits
from tawny.evaluation.metrics.ndcg import ndcg

Keys = NDArray[np.uint64]

HALF_BIT = 40
"""The bit of a user's key that says to which half of the validation rows the user belongs."""


def user_key(user_id: str) -> int:
    """A hash of 60 bits; evaluation/spark.py has the same for a column.

    >>> user_key("196")
    37355889048889837
    """
    return int(hashlib.md5(user_id.encode(), usedforsecurity=False).hexdigest()[:15], 16)


class Scorer(Protocol):
    """What is validated: any model."""

    def score(self, users: Histories, /) -> Floats:
        """float32 [U, I], higher is better."""


@dataclass(frozen=True)
class ValidationSample:
    """Rows of the validation fold, and what their users chose in its window.

    Attributes:
        users: the U histories before the cutoff.
        seen: int32, the items that must not be listed to each of them.
        answers: int32, the items that each of them chose after the cutoff.
        values: float32, what each answer is worth, above 0; without them all are worth the same. With values, a row must not
            name an answer twice.
        keys: uint64 [U], `user_key` of the row's user, so that rows of one user stay together; without them each row is a
            user.
    """

    users: Histories
    seen: Ragged
    answers: Ragged
    values: Ragged | None = None
    keys: Keys | None = None

    @property
    def n_users(self) -> int:
        """U."""
        return self.users.n_users

    def take(self, rows: NDArray[np.integer[Any]]) -> "ValidationSample":
        """The given rows, int [M], in that order."""
        values = None if self.values is None else self.values.take(rows)
        keys = None if self.keys is None else self.keys[rows]
        return ValidationSample(self.users.take(rows), self.seen.take(rows), self.answers.take(rows), values, keys)

    def subsample(self, max_users: int) -> "ValidationSample":
        """At most `max_users` of the rows that have both a history and an answer, evenly spread over their order."""
        rows = np.flatnonzero((self.users.lengths > 0) & (self.answers.lengths > 0))
        if len(rows) > max_users:
            rows = rows[np.linspace(0, len(rows) - 1, max_users).astype(np.int64)]
        return self.take(rows)

    def half(self, part: Literal[0, 1]) -> "ValidationSample":
        """The rows of one half of the users, by hash: 0 finds the settings, 1 is left for what combines the sources.

        Without keys every second row is taken.
        """
        keys = np.arange(self.n_users) if self.keys is None else self.keys >> np.uint64(HALF_BIT)
        return self.take(np.flatnonzero(keys % 2 == part))

    def shuffled(self) -> "ValidationSample":
        """All rows, in the order of their users' hashes, so that the first rows are a sample of users.

        Without keys the rows stay as they are.
        """
        return self if self.keys is None else self.take(np.argsort(self.keys, kind="stable"))

    def first(self, n_rows: int) -> "ValidationSample":
        """The first rows, at most `n_rows`."""
        return self.take(np.arange(min(n_rows, self.n_users)))

    def blocks(self, rank: int = 0, size: int = 1, at_once: int = USERS_AT_ONCE) -> Iterator["ValidationSample"]:
        """Blocks of `at_once` rows, in order; of `size` workers, worker `rank` gets every size-th block."""
        for start in range(rank * at_once, self.n_users, size * at_once):
            yield self.take(np.arange(start, min(start + at_once, self.n_users)))

    def hits(self, scores: Floats, k: int) -> Bools:
        """bool [U, k]: whether each of the best `k` unseen items is an answer; `scores` is not changed.

        Args:
            scores: float32 [U, I], higher is better.
            k: positive.
        """
        return metric_hits.hits(self._listed(scores, k), self.answers)

    def ndcg(self, score: Callable[[Histories], Floats], k: int) -> Doubles:
        """float64 [U]: NDCG@k of every row's list, graded by `values`; NaN for a row without an answer.

        Args:
            score: float32 [users, I] of one block of rows.
            k: positive.
        """
        return np.concatenate([np.empty(0), *(block._block_ndcg(score(block.users), k) for block in self.blocks())])

    def recalls(self, score: Callable[[Histories], Floats], sizes: Sequence[int]) -> Doubles:
        """float64 [sizes]: the mean share of a row's answers among its best items, for lists of several lengths.

        Args:
            score: float32 [users, I] of one block of rows.
            sizes: of the lists, rising; rows without an answer do not count, and without any row all are 0.
        """
        totals, n_rows = np.zeros(len(sizes)), 0
        for block in self.blocks():
            asked = block.take(np.flatnonzero(block.answers.lengths > 0))
            found = np.cumsum(asked.hits(score(asked.users), sizes[-1]), axis=1)[:, np.array(sizes) - 1]
            totals += (found / asked.answers.n_distinct[:, None]).sum(axis=0)
            n_rows += asked.n_users
        return np.asarray(totals / max(n_rows, 1), np.float64)

    def _block_ndcg(self, scores: Floats, k: int) -> Doubles:
        listed = self._listed(scores, k)
        worth = None if self.values is None else metric_hits.gains(listed, self.answers, self.values.values)
        return ndcg(metric_hits.hits(listed, self.answers), self.answers.n_distinct, k, worth)

    def _listed(self, scores: Floats, k: int) -> NDArray[np.int32]:
        unseen = scores.copy()
        unseen[self.seen.rows, self.seen.values] = -np.inf
        return top_k(unseen, k)[0]
