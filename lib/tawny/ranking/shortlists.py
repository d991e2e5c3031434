"""Shortlists as arrays, and the scores of different sources made comparable.

Shapes: U rows (a user and a morning), M longest shortlist, S sources.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tawny.core.arrays import USERS_AT_ONCE, Counts, Doubles, Floats, Ints, Ragged, unnest
from tawny.ranking.settings import Transform


@dataclass(frozen=True)
class Shortlists:
    """The items to be ordered for U rows, padded.

    Attributes:
        items: int32 [U, M], ascending; -1 pads.
        scores: float32 [U, M, S]; NaN where a source cannot score the item, and in the padding.
        ranks: int32 [U, M, S], in the source's own list, from 1; 0 where it does not have the item, and in the padding.
    """

    items: Ints
    scores: Floats
    ranks: Ints

    @classmethod
    def from_arrow(cls, column: pa.ListArray | pa.ChunkedArray, n_sources: int) -> Self:
        """From array<struct<item_index, scores, ranks>>."""
        indptr, entries = unnest(column)
        items = entries.field("item_index").to_numpy()
        scores, ranks = (
            entries.field(name).flatten().to_numpy(zero_copy_only=False).reshape(-1, n_sources)
            for name in ("scores", "ranks")
        )
        width = max(1, int(np.diff(indptr).max(initial=0)))  # also where no row of the batch has a candidate
        padded = zip((items, scores, ranks), (-1, np.nan, 0), strict=True)
        return cls(*(Ragged(indptr, values).padded(fill, width) for values, fill in padded))

    @property
    def n_rows(self) -> int:
        """U."""
        return len(self.items)

    def take(self, rows: NDArray[Any]) -> "Shortlists":
        """The given rows, int [R] or bool [U], in that order."""
        return Shortlists(self.items[rows], self.scores[rows], self.ranks[rows])


def blocks(n_rows: int) -> Iterator[Counts]:
    """The row numbers 0 .. n_rows - 1, USERS_AT_ONCE at a time."""
    for start in range(0, n_rows, USERS_AT_ONCE):
        yield np.arange(start, min(start + USERS_AT_ONCE, n_rows))


def comparable(scores: Floats, transform: Transform, rank_offset: float) -> Doubles:
    """float64 [U, M, S], not negative: the scores of the sources on one scale; 0 where a source cannot score the item.

    Args:
        scores: float32 [U, M, S]; NaN where a source cannot score the item.
        transform: `reciprocal_rank`: (c + 1) / (c + rank); `standardised`: the distance from the lowest score of the row, in
            the row's standard deviations.
        rank_offset: c.
    """
    if transform == "reciprocal_rank":
        return np.nan_to_num(np.asarray((rank_offset + 1) / (rank_offset + row_ranks(scores)), np.float64))
    standard = standardised(scores)
    lowest = np.where(np.isnan(standard), np.inf, standard).min(axis=1, keepdims=True, initial=np.inf)
    return np.nan_to_num(np.asarray(standard - lowest, np.float64))


def row_ranks(scores: Floats) -> Doubles:
    """float64 [U, M, S]: the rank, from 1, of the item's score among those of its row; NaN for NaN, ties by position.

    >>> row_ranks(np.array([[[3.0], [np.nan], [5.0]]], np.float32)).ravel()
    array([ 2., nan,  1.])
    """
    by_source = np.ascontiguousarray(-scores.transpose(0, 2, 1))
    order = np.argsort(by_source, axis=2, kind="stable")  # NaN sorts last
    ranks = np.empty(by_source.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, scores.shape[1] + 1)[None, None, :], axis=2)
    return np.where(np.isnan(scores), np.nan, ranks.transpose(0, 2, 1))


def standardised(scores: Floats) -> Doubles:
    """float64 [U, M, S]: the score minus its row's mean, over the row's standard deviation; NaN for NaN, 0 if all are equal.

    >>> standardised(np.array([[[1.0], [np.nan], [5.0]]], np.float32)).ravel()
    array([-1., nan,  1.])
    """
    known = ~np.isnan(scores)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1)
    values = np.where(known, scores, 0).astype(np.float64)
    centred = np.where(known, values - values.sum(axis=1, keepdims=True) / n, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / n)
    scaled = centred / np.where(deviation > 0, deviation, 1)
    return np.where(known, scaled, np.nan)
