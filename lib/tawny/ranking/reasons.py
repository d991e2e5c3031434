"""Why an item is listed: the sources that listed it, and the user's past items that contributed most.

Shapes: U users of a batch, K list, S sources, N history entries, R reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Floats, Histories, Ints
from tawny.models.base import Model


@dataclass(frozen=True)
class Reasons:
    """The R strongest reasons of each listed item, strongest first.

    Attributes:
        source: int32 [U, K, R], index of the source; -1 pads.
        item: int32 [U, K, R], a past item of the user; -1 where the source names none (popularity).
        share: float32 [U, K, R], the reason's share of the item's score; in (0, 1].
    """

    source: Ints
    item: Ints
    share: Floats

    @classmethod
    def none(cls, n_users: int, k: int) -> Self:
        """No reasons (R = 0) for lists of this size."""
        empty = np.empty((n_users, k, 0), np.int32)
        return cls(empty, empty, empty.astype(np.float32))


def reasons(
    users: Histories, listed: Ints, strengths: Floats, models: Sequence[Model], n: int, min_share: float = 0.0
) -> Reasons:
    """The `n` strongest (source, past item) pairs of every listed item.

    A source's strength is divided among the user's past items by their positive contributions to the source's score. A
    source to which no past item contributes is a reason without an item. Each past item occurs once.

    Args:
        users: histories of U users.
        listed: int32 [U, K], padded with -1.
        strengths: float32 [U, K, S], how much each source adds to the item's score, not negative.
        models: the S fitted sources.
        n: positive.
        min_share: a source without a past item is left out below this share, and so are all past items if their sum is
            below it (one of many past items has a small share of its own); the strongest of these is always kept.
    """
    shares = [_divide_strength(users, listed, strengths[..., s], model) for s, model in enumerate(models)]
    longest = int(users.lengths.max(initial=0))
    explained = np.stack([share for share, _ in shares], axis=-1)  # [N, K, S]
    unexplained = np.stack([rest for _, rest in shares], axis=-1)  # [U, K, S]
    totals = strengths.sum(axis=2, keepdims=True)
    totals[totals <= 0] = 1
    # Last axis: the entries of the history, then one column per source for what no past item explains.
    table = np.zeros((*listed.shape, longest + unexplained.shape[2]), np.float32)
    source = np.zeros(table.shape, np.int32)
    item = np.full(table.shape, -1, np.int32)
    rows, columns = users.rows, users.entries.positions
    table[rows, :, columns] = explained.sum(axis=2)
    source[rows, :, columns] = explained.argmax(axis=2)
    item[rows, :, columns] = users.items[:, None]
    table[..., longest:] = unexplained
    source[..., longest:] = np.arange(unexplained.shape[2])
    table /= totals
    _drop_weak(table, longest, min_share)
    return _strongest(table, source, item, listed, n)


def _drop_weak(table: NDArray[np.floating], longest: int, min_share: float) -> None:
    """Set weak reasons to 0, in place; past items, the first `longest` columns, are compared as a sum."""
    past, unexplained = table[..., :longest], table[..., longest:]
    own = past.sum(axis=2, keepdims=True)
    strongest = np.maximum(own, unexplained.max(axis=2, keepdims=True, initial=0))
    past[np.broadcast_to((own < min_share) & (own < strongest), past.shape)] = 0
    unexplained[(unexplained < min_share) & (unexplained < strongest)] = 0


def _divide_strength(users: Histories, listed: Ints, strength: Floats, model: Model) -> tuple[Floats, Floats]:
    """The strength that past items explain, [N, K], and the rest, [U, K]."""
    contributions = np.maximum(model.contributions(users, listed), 0).astype(np.float64)
    totals = np.zeros(listed.shape)
    np.add.at(totals, users.rows, contributions)
    is_explained = totals > 0
    scale = np.where(is_explained, strength / np.where(is_explained, totals, 1), 0)
    return (contributions * scale[users.rows]).astype(np.float32), np.where(is_explained, 0, strength).astype(np.float32)


def _strongest(table: NDArray[np.floating], source: Ints, item: Ints, listed: Ints, n: int) -> Reasons:
    order = np.argsort(-table, axis=2, kind="stable")[..., :n]
    share = np.take_along_axis(table, order, axis=2).astype(np.float32)
    is_reason = (share > 0) & (listed >= 0)[..., None]
    return Reasons(
        np.where(is_reason, np.take_along_axis(source, order, axis=2), -1),
        np.where(is_reason, np.take_along_axis(item, order, axis=2), -1),
        np.where(is_reason, share, 0),
    )
