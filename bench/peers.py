"""Simple peers on the folds of a lake, independent of the library: popularity, EASE, and ALS of `implicit`.

Each chooses its one setting on the fold `validation` and is evaluated on `test`, as the night is. A user without a history
gets popularity. The code is meant to be read; it is not written for speed.

Shapes: U users of a fold, A users with answers, B of them at a time, I items.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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

Metric = tuple[str, int]
"""The metric's name, and the length of the lists: `("ndcg", 10)`."""

MAX_DENSE_ITEMS = 15_000
"""EASE inverts a matrix of items by items; larger catalogs leave it out."""

_AT_ONCE = 500

Users = NDArray[np.int64]
Scores = NDArray[Any]
Scorer = Callable[["Fold", Users], Scores]
"""(fold, rows int [B] of its users) to scores [B, I]."""

Fit = Callable[["Fold", float], Scorer]


@dataclass(frozen=True)
class Fold:
    """What is known before the cutoff, and what some users did after it.

    Attributes:
        taken: bool csr [U, I], the histories.
        learned: int [T], the rows to learn from, one per user; the histories of later mornings hold answers to earlier ones.
        recent: int [I], how often each item was taken in the last 30 days, by those.
        evaluated: int [A], rows of the users with answers.
        seen: A lists of items that must not be listed.
        answers: A lists of items.
    """

    taken: sparse.csr_array
    learned: Users
    recent: NDArray[np.int64]
    evaluated: Users
    seen: list[list[int]]
    answers: list[list[int]]


def read_fold(lake: ArrowLake, name: str) -> Fold:
    """The fold of the lake's newest night."""

    def rows(spec: Any, *where: Any) -> pa.Table:
        return lake.read(spec, lake.version(spec), where)

    n_items = rows(CATALOG).num_rows
    users = rows(SEQUENCES, ("fold", "=", name)).sort_by([("user_id", "ascending"), ("as_of_ts", "ascending")]).to_pylist()
    answers = {_list_key(row): row["item_indices"] for row in rows(HOLDOUTS, ("fold", "=", name)).to_pylist()}
    pairs = [(row, item, age) for row, user in enumerate(users)
             for item, age in zip(user["item_indices"], user["ages_days"], strict=True)]  # fmt: skip
    at = (np.array([row for row, _, _ in pairs], np.int64), np.array([item for _, item, _ in pairs], np.int64))
    taken = sparse.csr_array((np.ones(len(pairs), np.float32), at), shape=(len(users), n_items))
    taken.data[:] = 1
    is_learned = np.array([user["is_training"] for user in users], np.bool_)
    recent = np.bincount([item for row, item, age in pairs if age <= 30 and is_learned[row]], minlength=n_items)
    evaluated = [row for row, user in enumerate(users) if _list_key(user) in answers]
    seen = [users[row]["seen_indices"] for row in evaluated]
    return Fold(taken, np.flatnonzero(is_learned), recent, np.array(evaluated), seen,
                [answers[_list_key(users[row])] for row in evaluated])  # fmt: skip


def _list_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["user_id"], row["as_of_ts"]


def judged(score: Scorer, fold: Fold, metrics: Sequence[Metric]) -> dict[Metric, NDArray[np.float64]]:
    """float64 [A] by metric: of lists by these scores, and by popularity for users without a history; seen items removed."""
    values = {metric: np.zeros(len(fold.evaluated)) for metric in metrics}
    is_cold, length = np.diff(fold.taken.indptr) == 0, max(k for _, k in metrics)
    for start in range(0, len(fold.evaluated), _AT_ONCE):
        rows = fold.evaluated[start : start + _AT_ONCE]
        scores = np.array(score(fold, rows), np.float64)
        scores[is_cold[rows]] = popularity(fold, rows)[is_cold[rows]]
        for place, own in enumerate(scores, start):
            own[fold.seen[place]] = -np.inf
            listed = np.argsort(-own, kind="stable")[:length]
            is_hit = np.isin(listed, fold.answers[place])
            for metric in metrics:
                values[metric][place] = _value(metric, is_hit, len(set(fold.answers[place])))
    return values


def _value(metric: Metric, is_hit: NDArray[np.bool_], n_answers: int) -> float:
    name, k = metric
    top = is_hit[:k]
    if name == "ndcg":
        gains = 1 / np.log2(np.arange(2, k + 2))
        return float(gains[: len(top)][top].sum() / gains[: min(k, n_answers)].sum())
    return float({"recall": top.sum() / n_answers, "hit_rate": top.any()}[name])


def popularity(fold: Fold, rows: Users) -> Scores:
    """[B, I]: the counts of the last 30 days, then of all time."""
    ever = np.asarray(fold.taken[fold.learned].sum(axis=0)).ravel()
    return np.tile(fold.recent + ever / (ever.max() + 1), (len(rows), 1))


def ease(fold: Fold, regularisation: float) -> Scorer:
    """EASE. Source: Steck, Embarrassingly shallow autoencoders for sparse data (WWW 2019), algorithm 1."""
    taken = fold.taken[fold.learned]
    gram = (taken.T @ taken).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += regularisation
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return lambda other, rows: other.taken[rows] @ weights


def als(fold: Fold, alpha: float) -> Scorer:
    """Implicit ALS of the package `implicit`, 64 factors, 15 iterations."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=64, regularization=0.1, alpha=alpha, iterations=15, random_state=0, num_threads=2
    )
    model.fit(sparse.csr_matrix(fold.taken[fold.learned]), show_progress=False)

    def score(other: Fold, rows: Users) -> Scores:
        factors: Scores = model.recalculate_user(np.arange(len(rows)), sparse.csr_matrix(other.taken[rows]))
        scores: Scores = factors @ np.asarray(model.item_factors).T
        return scores

    return score


PEERS: dict[str, tuple[Fit, tuple[float, ...]]] = {
    "EASE": (ease, (20.0, 100.0, 500.0, 2000.0)),
    "ALS of implicit": (als, (1.0, 5.0, 20.0, 80.0)),
}


def evaluate_peers(lake: ArrowLake, metrics: Sequence[Metric]) -> Iterable[tuple[str, dict[Metric, NDArray[np.float64]]]]:
    """The name of every peer, with the setting that is best by the first metric on validation, and its values on test."""
    validation, test = read_fold(lake, "validation"), read_fold(lake, "test")
    yield "popularity, 30 days", judged(popularity, test, metrics)
    for name, (fit, options) in PEERS.items():
        if fit is ease and test.taken.shape[1] > MAX_DENSE_ITEMS:
            continue
        first = metrics[:1]
        means = [judged(fit(validation, option), validation, first)[first[0]].mean() for option in options]
        best = options[int(np.argmax(means))]
        yield f"{name} ({best:g})", judged(fit(test, best), test, metrics)
