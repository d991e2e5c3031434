"""Simple peers on the folds of a lake, independent of the library: popularity, EASE, and ALS of `implicit`.

Each chooses its one setting on the fold `validation` and is evaluated on `test`, as the night is. A user without a history
gets popularity. The code is meant to be read; it is not written for speed.

Shapes: U users of a fold, A users with answers, I items.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from tawny.lake.arrow import ArrowLake
from tawny.tables.catalog import CATALOG
from tawny.tables.holdouts import HOLDOUTS
from tawny.tables.sequences import SEQUENCES

K = 10
Scores = NDArray[Any]
Fit = Callable[["Fold", float], Callable[["Fold"], Scores]]


@dataclass(frozen=True)
class Fold:
    """What is known before the cutoff, and what some users did after it.

    Attributes:
        taken: bool csr [U, I], the histories.
        recent: int [I], how often each item was taken in the last 30 days.
        evaluated: int [A], rows of the users with answers.
        seen: A lists of items that must not be listed.
        answers: A lists of items.
    """

    taken: sparse.csr_array
    recent: NDArray[np.int64]
    evaluated: NDArray[np.int64]
    seen: list[list[int]]
    answers: list[list[int]]


def read_fold(lake: ArrowLake, name: str) -> Fold:
    """The fold of the lake's newest night."""

    def rows(spec: Any, *where: Any) -> pa.Table:
        return lake.read(spec, lake.version(spec), where)

    n_items = rows(CATALOG).num_rows
    users = rows(SEQUENCES, ("fold", "=", name)).sort_by("user_id").to_pylist()
    answers = {row["user_id"]: row["item_indices"] for row in rows(HOLDOUTS, ("fold", "=", name)).to_pylist()}
    pairs = [(row, item, age) for row, user in enumerate(users)
             for item, age in zip(user["item_indices"], user["ages_days"], strict=True)]  # fmt: skip
    at = (np.array([row for row, _, _ in pairs], np.int64), np.array([item for _, item, _ in pairs], np.int64))
    taken = sparse.csr_array((np.ones(len(pairs), np.float32), at), shape=(len(users), n_items))
    taken.data[:] = 1
    recent = np.bincount([item for _, item, age in pairs if age <= 30], minlength=n_items)
    evaluated = [row for row, user in enumerate(users) if user["user_id"] in answers]
    return Fold(taken, recent, np.array(evaluated), [users[row]["seen_indices"] for row in evaluated],
                [answers[users[row]["user_id"]] for row in evaluated])  # fmt: skip


def ndcg(scores: Scores, fold: Fold) -> NDArray[np.float64]:
    """float64 [A]: NDCG@10 with binary gains, seen items removed."""
    values = np.zeros(len(fold.evaluated))
    gains = 1 / np.log2(np.arange(2, K + 2))
    for user, (seen, answers) in enumerate(zip(fold.seen, fold.answers, strict=True)):
        own = scores[user].astype(np.float64)
        own[seen] = -np.inf
        listed = np.argsort(-own, kind="stable")[:K]
        values[user] = gains[np.isin(listed, answers)].sum() / gains[: min(K, len(set(answers)))].sum()
    return values


def popularity(fold: Fold) -> Scores:
    """[A, I]: the counts of the last 30 days, then of all time."""
    ever = np.asarray(fold.taken.sum(axis=0)).ravel()
    return np.tile(fold.recent + ever / (ever.max() + 1), (len(fold.evaluated), 1))


def ease(fold: Fold, regularisation: float) -> Callable[[Fold], Scores]:
    """EASE. Source: Steck, Embarrassingly shallow autoencoders for sparse data (WWW 2019), algorithm 1."""
    gram = (fold.taken.T @ fold.taken).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += regularisation
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return lambda other: other.taken[other.evaluated] @ weights


def als(fold: Fold, alpha: float) -> Callable[[Fold], Scores]:
    """Implicit ALS of the package `implicit`, 64 factors, 15 iterations."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=64, regularization=0.1, alpha=alpha, iterations=15, random_state=0, num_threads=2
    )
    model.fit(sparse.csr_matrix(fold.taken), show_progress=False)
    return lambda other: model.user_factors[other.evaluated] @ model.item_factors.T


PEERS: dict[str, tuple[Fit, tuple[float, ...]]] = {
    "EASE": (ease, (20.0, 100.0, 500.0, 2000.0)),
    "ALS of implicit": (als, (1.0, 5.0, 20.0, 80.0)),
}


def evaluate_peers(lake: ArrowLake) -> Iterable[tuple[str, NDArray[np.float64]]]:
    """The name of every peer, with the setting chosen on validation, and its NDCG@10 on the test fold, float64 [A]."""
    validation, test = read_fold(lake, "validation"), read_fold(lake, "test")
    yield "popularity, 30 days", ndcg(popularity(test), test)
    for name, (fit, options) in PEERS.items():
        means = [ndcg(_with_popularity(fit(validation, option), validation), validation).mean() for option in options]
        best = options[int(np.argmax(means))]
        yield f"{name} ({best:g})", ndcg(_with_popularity(fit(test, best), test), test)


def _with_popularity(score: Callable[[Fold], Scores], fold: Fold) -> Scores:
    """[A, I]: the scores, and popularity's for users without a history."""
    scores, is_cold = np.array(score(fold)), np.diff(fold.taken.indptr)[fold.evaluated] == 0
    scores[is_cold] = popularity(fold)[is_cold]
    return scores
