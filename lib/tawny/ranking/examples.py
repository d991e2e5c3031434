"""Validation rows that a ranker is learned from, and LambdaMART learned from them.

Shapes: U rows (a user and a morning), M longest shortlist, P pairs of a row and an item, F features, S sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Counts, Doubles, Floats, Histories, Ragged
from tawny.ranking.answers import Answers
from tawny.ranking.features import ItemFacts, feature_names, pair_features
from tawny.ranking.lambdamart import LambdaMart
from tawny.ranking.settings import LambdaMartSettings
from tawny.ranking.shortlists import Shortlists, blocks


@dataclass(frozen=True)
class Examples:
    """Rows with the items that their users took afterwards.

    Attributes:
        shortlists: of U rows.
        users: their histories.
        answers: int32 [U rows], the items that each took, unique, at least one.
        values: float32, positive, one per answer.
        keys: uint64 [U], a hash of the row's user; rows of one user are never learned from and judged on together.
    """

    shortlists: Shortlists
    users: Histories
    answers: Ragged
    values: Floats
    keys: NDArray[np.uint64]

    @property
    def n_rows(self) -> int:
        """U."""
        return len(self.keys)

    def take(self, rows: NDArray[np.integer[Any]]) -> "Examples":
        """The given rows, int [R], in that order."""
        values = Ragged(self.answers.indptr, self.values).take(rows).values
        return Examples(self.shortlists.take(rows), self.users.take(rows), self.answers.take(rows), values, self.keys[rows])

    def judged(self, k: int) -> Answers:
        """The answers, as NDCG@k needs them."""
        return Answers.of(self.shortlists.items, self.answers, self.values, k)

    def folds(self, n: int) -> Counts:
        """int64 [U]: `n` parts of equally many users, in the order of the keys; fewer where there are fewer users."""
        users, user = np.unique(self.keys, return_inverse=True)
        return (user % min(n, len(users))).astype(np.int64)


@dataclass(frozen=True)
class Pairs:
    """The pairs that trees are grown from: all listed answers of rows that have one, and other items of the same rows.

    Attributes:
        rows: int64 [P], ascending.
        columns: int64 [P], where in the shortlist.
        features: float32 [P, F].
        gains: float64 [P], the value of the item to the row; 0 for an item that it did not take.
    """

    rows: Counts
    columns: Counts
    features: Floats
    gains: Doubles

    @classmethod
    def sample(cls, examples: Examples, facts: ItemFacts, answers: Answers, n: int, rng: np.random.Generator) -> "Pairs":
        """About `n` pairs: all, or else of the items that are no answer each with the same probability.

        A sample that preferred the items which sources rank high would show the trees that the others are always answers.
        """
        shortlists = examples.shortlists
        gains = np.zeros(shortlists.items.shape)
        gains[answers.positions.rows, answers.positions.values] = answers.gains
        is_listed = (shortlists.items >= 0) & (answers.positions.lengths > 0)[:, None]
        n_answers = len(answers.gains)
        share = (n - n_answers) / max(1, int(is_listed.sum()) - n_answers)
        rows, columns = np.nonzero(is_listed & ((gains > 0) | (rng.random(gains.shape) < share)))
        parts = []
        for block in blocks(examples.n_rows):
            own = slice(*np.searchsorted(rows, [block[0], block[-1] + 1]))
            taken = shortlists.take(block), examples.users.take(block)
            parts.append(pair_features(*taken, facts, rows[own] - block[0], columns[own]))
        return cls(rows, columns, np.concatenate(parts), gains[rows, columns])

    def fit(
        self, base: Doubles, is_learned: Bools, sources: Sequence[str], settings: LambdaMartSettings, seed: int
    ) -> LambdaMart:
        """Trees grown on top of `base`, float64 [U, M], from the pairs of these rows, bool [U]."""
        kept = is_learned[self.rows]
        rows, columns = self.rows[kept], self.columns[kept]
        n_items = np.bincount(rows)
        names = feature_names(sources)
        own = self.features[kept], base[rows, columns], self.gains[kept]
        return LambdaMart.fit(*own, n_items[n_items > 0], names, settings, seed)


def tree_scores(trees: LambdaMart, shortlists: Shortlists, users: Histories, facts: ItemFacts) -> Doubles:
    """float64 [U, M]: what the trees add to the scores of all items of the shortlists; -inf in the padding."""
    scores = np.full(shortlists.items.shape, -np.inf)
    for block in blocks(shortlists.n_rows):
        own = shortlists.take(block)
        rows, columns = np.nonzero(own.items >= 0)
        scores[block[rows], columns] = trees.score(pair_features(own, users.take(block), facts, rows, columns))
    return scores


def left_out_ndcg(
    examples: Examples, facts: ItemFacts, pairs: Pairs, base: Doubles, k: int, folds: Counts, sources: Sequence[str],
    settings: LambdaMartSettings, seed: int,
) -> Doubles:  # fmt: skip
    """float64 [U]: the NDCG@k of each row by `base`, float64 [U, M], and trees that were grown without its fold."""
    values = np.zeros(examples.n_rows)
    for fold in range(folds.max() + 1):
        trees = pairs.fit(base, folds != fold, sources, settings, seed)
        rows = np.flatnonzero(folds == fold)
        own = examples.take(rows)
        values[rows] = own.judged(k).ndcg(base[rows] + tree_scores(trees, own.shortlists, own.users, facts))
    return values
