"""Why an item is listed: the sources that brought it, and the user's own past items that contributed most.

Shapes: U users of a batch, K list, S sources, N history entries, R reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tawny.models.base import Floats, Histories, Ints, Model


@dataclass(frozen=True)
class Reasons:
    """The R strongest reasons of each listed item, strongest first.

    Attributes:
        source: int32 [U, K, R], index of the source; -1 pads.
        item: int32 [U, K, R], a past item of the user; -1 where the source names none (popularity).
        share: float32 [U, K, R], of everything that speaks for the item; in (0, 1].
    """

    source: Ints
    item: Ints
    share: Floats


def reasons(
    users: Histories, listed: Ints, strengths: Floats, models: Mapping[int, Model], n: int, min_share: float = 0.0
) -> Reasons:
    """The `n` strongest (source, past item) pairs of every listed item.

    A source's strength is shared among the user's past items by their positive contributions to the source's score; the
    part of a source to which no past item contributes is a reason without an item. Each past item is named once.

    Args:
        users: histories of U users.
        listed: int32 [U, K], padded with -1.
        strengths: float32 [U, K, S], how much each source adds to the item's score, not negative.
        models: the fitted source by its index.
        min_share: what speaks for the item less than this is left out: a source without a past item, or all past items
            together (a long history shares its weight among many); never everything.
    """
    shares = [_of_source(users, listed, strengths[..., s], models[s]) for s in range(strengths.shape[2])]
    longest = int(np.diff(users.indptr).max(initial=0))
    found = np.stack([share for share, _ in shares], axis=-1)  # [N, K, S]
    bare = np.stack([rest for _, rest in shares], axis=-1)  # [U, K, S]
    everything = strengths.sum(axis=2, keepdims=True)
    everything[everything <= 0] = 1
    # One row per user: the entries of the history, then one place per source for what names no past item.
    table = np.zeros((*listed.shape, longest + bare.shape[2]), np.float32)
    source = np.zeros(table.shape, np.int32)
    item = np.full(table.shape, -1, np.int32)
    place = np.arange(len(users.items)) - np.repeat(users.indptr[:-1], np.diff(users.indptr))
    table[users.rows, :, place] = found.sum(axis=2)
    source[users.rows, :, place] = found.argmax(axis=2)
    item[users.rows, :, place] = users.items[:, None]
    table[..., longest:] = bare
    source[..., longest:] = np.arange(bare.shape[2])
    table /= everything
    _drop_weak(table, longest, min_share)
    return _strongest(table, source, item, listed, n)


def _drop_weak(table: NDArray[np.floating], longest: int, min_share: float) -> None:
    """Set to 0 what is too weak to be told; past items, the first `longest` places, are weighed together."""
    past, bare = table[..., :longest], table[..., longest:]
    own = past.sum(axis=2, keepdims=True)
    strongest = np.maximum(own, bare.max(axis=2, keepdims=True, initial=0))
    past[np.broadcast_to((own < min_share) & (own < strongest), past.shape)] = 0
    bare[(bare < min_share) & (bare < strongest)] = 0


def _of_source(users: Histories, listed: Ints, strength: Floats, model: Model) -> tuple[Floats, Floats]:
    """What past items contribute, [N, K], and what is left to the source alone, [U, K]."""
    given = np.maximum(model.contributions(users, listed), 0).astype(np.float64)
    totals = np.zeros(listed.shape)
    np.add.at(totals, users.rows, given)
    explained = totals > 0
    share = np.where(explained, strength / np.where(explained, totals, 1), 0)
    return (given * share[users.rows]).astype(np.float32), np.where(explained, 0, strength).astype(np.float32)


def _strongest(table: NDArray[np.floating], source: Ints, item: Ints, listed: Ints, n: int) -> Reasons:
    order = np.argsort(-table, axis=2, kind="stable")[..., :n]
    share = np.take_along_axis(table, order, axis=2).astype(np.float32)
    is_reason = (share > 0) & (listed >= 0)[..., None]
    return Reasons(
        np.where(is_reason, np.take_along_axis(source, order, axis=2), -1),
        np.where(is_reason, np.take_along_axis(item, order, axis=2), -1),
        np.where(is_reason, share, 0),
    )
