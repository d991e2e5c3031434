"""How well an order of shortlists finds what the users took: NDCG, graded by the values of the answers.

Shapes: U rows, M longest shortlist, P listed answers, K list.
"""

from dataclasses import dataclass
from typing import Any, Self

import numba
import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Counts, Doubles, Floats, Ints, Ragged
from tawny.evaluation.metrics.ndcg import discounts


@dataclass(frozen=True)
class Answers:
    """The items that the users took, as places of their shortlists.

    Attributes:
        positions: int64 [U rows, P values], each row's listed answers as positions in [0, M), ascending.
        gains: float64 [P], the value of each.
        ideal: float64 [U], the gain of the best list of `k` answers, listed or not; positive.
        k: positive.
    """

    positions: Ragged
    gains: Doubles
    ideal: Doubles
    k: int

    @classmethod
    def of(cls, items: Ints, answers: Ragged, values: Floats, k: int) -> Self:
        """The answers to shortlists.

        Args:
            items: int32 [U, M], ascending; -1 pads at the end.
            answers: int32, the items that each row's user took, unique.
            values: float32, positive, one per answer.
            k: positive.
        """
        rows, columns = np.nonzero(items >= 0)
        width = max(int(items.max(initial=0)), int(answers.values.max(initial=0))) + 1
        listed = rows * width + items[rows, columns]  # ascending
        wanted = answers.rows * width + answers.values
        order = np.argsort(wanted)
        place = np.searchsorted(listed, wanted[order])
        is_listed = np.isin(wanted[order], listed, assume_unique=True)
        place, gains = place[is_listed], values[order][is_listed].astype(np.float64)
        indptr = np.searchsorted(rows[place], np.arange(len(items) + 1))
        return cls(Ragged(indptr, columns[place]), gains, _ideal(answers, values, k), k)

    def take(self, rows: NDArray[np.integer[Any]]) -> "Answers":
        """The answers of the given rows, int [R], in that order."""
        pairs = Ragged(self.positions.indptr, np.arange(len(self.gains))).take(rows)
        positions = Ragged(pairs.indptr, self.positions.values[pairs.values])
        return Answers(positions, self.gains[pairs.values], self.ideal[rows], self.k)

    def ndcg(self, scores: Doubles) -> Doubles:
        """float64 [U]: NDCG@k of ordering every row of `scores`, float64 [U, M], descending; ties by position.

        An item of score -inf is not in the list.

        One row, scores 3, 1, 2, the second item is the answer, k = 3: its rank is 3, the gain 1 / log2(4) of at most 1.

        >>> answers = Answers.of(np.array([[4, 5, 6]]), Ragged.from_rows([[5]]), np.ones(1, np.float32), 3)
        >>> answers.ndcg(np.array([[3.0, 1.0, 2.0]]))
        array([0.5])
        """
        rows = self.positions.rows
        ranks = _ranks(scores, rows, self.positions.values, self.k)
        is_hit = (ranks < self.k) & (scores[rows, self.positions.values] > -np.inf)
        gained = self.gains[is_hit] * discounts(self.k)[ranks[is_hit]]
        return np.bincount(rows[is_hit], gained, len(scores)) / self.ideal


def _ideal(answers: Ragged, values: Floats, k: int) -> Doubles:
    order = np.lexsort((-values, answers.rows))  # keeps each value in its row
    is_first = answers.positions < k
    gained = values[order][is_first] * discounts(k)[answers.positions[is_first]]
    return np.asarray(np.bincount(answers.rows[is_first], gained, answers.n_rows), np.float64)


@numba.njit(cache=True)
def _ranks(scores: Doubles, rows: Counts, positions: Counts, k: int) -> Counts:
    """int64 [P], from 0: the number of items before the pair's item; counting stops at k."""
    ranks = np.zeros(len(rows), np.int64)
    for pair in range(len(rows)):
        row, own = scores[rows[pair]], scores[rows[pair], positions[pair]]
        for position in range(len(row)):
            if row[position] > own or (row[position] == own and position < positions[pair]):
                ranks[pair] += 1
                if ranks[pair] == k:
                    break
    return ranks
