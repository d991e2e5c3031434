"""Choosing a model's settings on the validation window, from a bounded sample of users.

Shapes: U users, K list.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tawny.fitting.gather import gather, sample_of_users
from tawny.metrics.hits import Relevant, hits
from tawny.metrics.ndcg import ndcg
from tawny.models.arrow import USERS_AT_ONCE, histories, ragged
from tawny.models.base import Histories, Model
from tawny.models.topk import top_k

logger = logging.getLogger(__name__)

S = TypeVar("S")


@dataclass(frozen=True)
class Exam:
    """Users of the validation fold, and what they chose in its window.

    Attributes:
        learners: histories to fit on.
        users: histories of the U examined users.
        seen, relevant: of the same U users.
        k: of the NDCG.
    """

    learners: Histories
    users: Histories
    seen: Relevant
    relevant: Relevant
    k: int

    def mark(self, model: Model) -> float:
        """Mean NDCG@k of the model's lists over the examined users."""
        marks = [self._mark(model, np.arange(start, min(start + USERS_AT_ONCE, self.users.n_users)))
                 for start in range(0, self.users.n_users, USERS_AT_ONCE)]  # fmt: skip
        return float(np.concatenate(marks).mean())

    def _mark(self, model: Model, rows: np.ndarray) -> np.ndarray:
        scores = model.score(self.users.take(rows))
        seen, relevant = _take(self.seen, rows), _take(self.relevant, rows)
        scores[np.repeat(np.arange(len(rows)), np.diff(seen.indptr)), seen.items] = -np.inf
        lists, _ = top_k(scores, self.k)
        return ndcg(hits(lists, relevant), relevant.n_relevant, self.k)


def take_exam(
    sequences: DataFrame,
    holdouts: DataFrame,
    k: int,
    n_learners: int,
    n_examined: int,
    seed: int,
    *,
    warm_only: bool = True,
) -> Exam:
    """An exam over samples of the validation fold.

    Args:
        sequences, holdouts: rows of the validation fold.
        n_learners, n_examined: users in the two samples, at most.
        warm_only: examine only users with a history.
    """
    with_history = sequences.where("cardinality(item_indices) > 0")
    learners = gather(sample_of_users(with_history, n_learners, seed), n_learners, "learners")
    answers = holdouts.where("is_warm" if warm_only else "true")
    asked = sequences.join(answers.selectExpr("user_id", "item_indices AS answers"), "user_id")
    examined = gather(sample_of_users(asked, n_examined, seed), n_examined, "examined users")
    return Exam(
        histories(learners), histories(examined), _relevant(examined, "seen_indices"), _relevant(examined, "answers"), k
    )


def best_of(settings: Iterable[S], fit: Callable[[S], Model], exam: Exam, name: str) -> S:
    """The settings whose model gets the best mark; the first of equals, and the first if nobody can be examined."""
    options = list(settings)
    if len(options) == 1 or exam.users.n_users == 0:
        return options[0]
    marks = [exam.mark(fit(option)) for option in options]
    for option, mark in zip(options, marks, strict=True):
        logger.info("tune model=%s ndcg_%d=%.4f settings=%s", name, exam.k, mark, option)
    return options[int(np.argmax(marks))]


def _relevant(rows: pa.Table, column: str) -> Relevant:
    items, indptr = ragged(rows[column], np.int32)
    return Relevant(indptr, items)


def _take(relevant: Relevant, rows: np.ndarray) -> Relevant:
    start, stop = relevant.indptr[rows[0]], relevant.indptr[rows[-1] + 1]
    return Relevant(relevant.indptr[rows[0] : rows[-1] + 2] - start, relevant.items[start:stop])
