"""Shortlists of a batch as one padded array.

Shapes: U users of a batch, M longest shortlist, S sources.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tawny.models.base import Floats, Ints


@dataclass(frozen=True)
class Padded:
    """Shortlists, padded.

    Attributes:
        items: int32 [U, M], ascending; -1 pads.
        scores: float32 [U, M, S]; NaN where a source does not list the item, and in the padding.
    """

    items: Ints
    scores: Floats


def padded(column: pa.ListArray, n_sources: int) -> Padded:
    """The shortlists of U users from array<struct<item_index, scores>>."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    offsets = array.offsets.to_numpy().astype(np.int64)
    lengths = np.diff(offsets)
    entries = array.flatten()
    width = int(lengths.max(initial=0))
    items = np.full((len(lengths), width), -1, np.int32)
    scores = np.full((len(lengths), width, n_sources), np.nan, np.float32)
    place = places(lengths)
    items[place] = entries.field("item_index").to_numpy()
    scores[place] = entries.field("scores").flatten().to_numpy(zero_copy_only=False).reshape(-1, n_sources)
    return Padded(items, scores)


def places(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(row, column) of every entry of ragged rows of these lengths, in order."""
    starts = np.cumsum(lengths) - lengths
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return rows, np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
