"""Why an item is listed: the sources that listed it, and the user's past items that contributed most.

Shapes: U users of a batch, I items of the catalog, K list, S sources, N history entries, G past things of all users (a thing
is all items of one title), L the most things of a user, R reasons.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from tawny.core.arrays import Bools, Counts, Doubles, Floats, Histories, Ints, Ragged
from tawny.core.columns import EVENT_TYPES, EventType
from tawny.models.base import Model
from tawny.ranking.settings import RankSettings


@dataclass(frozen=True)
class ReasonFacts:
    """What reasons must know of items and events to be believed.

    Attributes:
        things: int32 [I], from 0; items of the same title are one thing and have one number.
        categories: int32 [I rows], numbers of categories, ascending.
        popular_in: int32 [I], the category in which the item is popular; -1: in none.
        category_names: by number.
        type_weights: float64 [types], what an event of each type is worth; the strongest one with a past item is named.
        believed_share: a past item of other categories than the listed item needs this share of its score to be a reason.
    """

    things: Ints
    categories: Ragged
    popular_in: Ints
    category_names: tuple[str, ...]
    type_weights: Doubles
    believed_share: float

    @classmethod
    def from_tables(
        cls, features: pa.Table, catalog: pa.Table, weights: Mapping[EventType, float], settings: RankSettings
    ) -> Self:
        """From the rows of item_features_v2 of one fold and of catalog_v2, and what each type of event is worth."""
        rows = features.sort_by("item_index").combine_chunks()
        names = Ragged.from_arrow(rows["categories"], np.object_)
        known, codes = np.unique(names.values.astype(str), return_inverse=True)
        categories = Ragged(names.indptr, codes.astype(np.int32))
        counts = np.stack([rows[name].to_numpy() for name in ("n_events", "n_events_90d", "n_events_30d")])
        popular_in = popular_categories(categories, counts, rows["is_listable"].to_numpy(zero_copy_only=False))
        type_weights = np.array([weights[kind] for kind in EVENT_TYPES], np.float64)
        titles = catalog.sort_by("item_index")["title"].to_pylist()
        return cls(things_of(titles), categories, popular_in, tuple(map(str, known)), type_weights, settings.believed_share)


def things_of(titles: Sequence[str | None]) -> Ints:
    """int32 [I]: a number for each item, the same for the same title, whatever its case; its own without a title.

    >>> things_of(["Arno Camera", None, "Rake", "ARNO camera ", None])
    array([0, 1, 2, 0, 3], dtype=int32)
    """
    numbers: dict[str | int, int] = {}
    keys = (title.strip().casefold() if title and title.strip() else place for place, title in enumerate(titles))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int32)


def popular_categories(categories: Ragged, counts: Counts, is_listable: Bools) -> Ints:
    """int32 [I]: the smallest category in which the item is popular, that is among the most frequent fifth; else -1.

    Args:
        categories: int32 [I rows].
        counts: int64 [C, I], of events; the last row counts first, and those before it among equals.
        is_listable: bool [I]; other items are not counted in a category, and are not popular in it.
    """
    item, category = categories.rows, categories.values
    listable = is_listable[item]
    item, category = item[listable], category[listable]
    size = np.bincount(category, minlength=int(category.max(initial=-1)) + 1)
    order = np.lexsort((item, *(-counts[:, item]), category))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - (np.cumsum(size) - size)[category[order]]
    is_popular = (place < np.ceil(size[category] / 5)) & (counts[:, item].max(axis=0, initial=0) > 0)
    item, category = item[is_popular], category[is_popular]
    largest_first = np.lexsort((-category, -size[category]))
    found = np.full(categories.n_rows, -1, np.int32)
    found[item[largest_first]] = category[largest_first]  # of several, the last one stays
    return found


@dataclass(frozen=True)
class Reasons:
    """The R strongest reasons of each listed item, strongest first.

    Attributes:
        source: int32 [U, K, R], index of the source; -1 pads.
        item: int32 [U, K, R], a past item of the user; -1 where the source names none.
        share: float32 [U, K, R], the reason's share of the item's score; in (0, 1].
        event: int64 [U, K, R], the history entry (of N) that is the user's strongest with the past item; -1 without one.
        category: int32 [U, K, R], that the listed item is popular in, where no past item would be believed; else -1.
    """

    source: Ints
    item: Ints
    share: Floats
    event: Counts
    category: Ints

    @classmethod
    def none(cls, n_users: int, k: int) -> Self:
        """No reasons (R = 0) for lists of this size."""
        empty = np.empty((n_users, k, 0), np.int32)
        return cls(empty, empty, empty.astype(np.float32), empty.astype(np.int64), empty)


def reasons(
    users: Histories,
    listed: Ints,
    strengths: Floats,
    models: Sequence[Model],
    facts: ReasonFacts,
    n: int,
    min_share: float = 0.0,
) -> Reasons:
    """The `n` strongest (source, past item) pairs of every listed item that its user would believe.

    A source's strength is divided among the user's past items by their positive contributions to the source's score. A
    source to which no past item contributes is a reason without an item. Each past thing occurs once, with the contributions
    of all its entries, by the entry that is worth most: a purchase rather than the views before it, the newest of equals.

    A past item is believed if it has a category in common with the listed item, or has `believed_share` of its score alone,
    or one of the two has no category, so that nothing speaks against it. Where past items contribute and none is believed,
    they are one reason without an item, of the source that adds most: it names a category that the listed item is popular
    in, if there is one.

    Args:
        users: histories of U users.
        listed: int32 [U, K], padded with -1.
        strengths: float32 [U, K, S], how much each source adds to the item's score, not negative.
        models: the S fitted sources.
        facts: of items and events.
        n: positive.
        min_share: a source without a past item is left out below this share, and so are all past items if their sum is
            below it (one of many past items has a small share of its own); the strongest of these is always kept.
    """
    past = _PastThings.of(users, facts)
    totals = strengths.sum(axis=2)
    totals[totals <= 0] = 1
    by_thing, unexplained = _divided(users, listed, strengths, models, past)
    is_believed = _is_believed(past, listed, by_thing.sum(axis=2) / totals[past.rows], facts)
    pooled = _sums(past.rows, np.where(is_believed[..., None], 0, by_thing), len(listed))  # of what is not believed
    believed = np.where(is_believed[..., None], by_thing, 0)
    # Last axis: the past things, one column for those that are not believed, and one per source for what none explains.
    longest = int(past.positions.max(initial=-1)) + 1
    shape = (*listed.shape, longest + 1 + len(models))
    share, source, entry = np.zeros(shape, np.float32), np.zeros(shape, np.int32), np.full(shape, -1, np.int64)
    share[past.rows, :, past.positions] = believed.sum(axis=2)
    source[past.rows, :, past.positions] = believed.argmax(axis=2)
    entry[past.rows, :, past.positions] = past.entries[:, None]
    share[..., longest], source[..., longest] = pooled.sum(axis=2), pooled.argmax(axis=2)
    share[..., longest + 1 :], source[..., longest + 1 :] = unexplained, np.arange(len(models))
    share /= totals[..., None]
    _drop_weak(share, longest + 1, min_share)
    share[..., longest] = np.where(share[..., :longest].any(axis=2), 0, share[..., longest])
    order = np.argsort(-share, axis=2, kind="stable")[..., :n]
    return _chosen(users, listed, facts, (share, source, entry), order, order == longest)


@dataclass(frozen=True)
class _PastThings:
    """The G things in the histories of a batch.

    Attributes:
        rows: int64 [G], whose.
        positions: int64 [G], from 0 among the user's own.
        entries: int64 [G], the user's strongest entry with it.
        items: int32 [G], the item of that entry.
        of_entry: int64 [N], which thing each entry is of.
    """

    rows: Counts
    positions: Counts
    entries: Counts
    items: Ints
    of_entry: Counts

    @classmethod
    def of(cls, users: Histories, facts: ReasonFacts) -> Self:
        """Those of these users; the things of a user are in the order of their numbers."""
        n_things = int(facts.things.max(initial=0)) + 1
        keys, of_entry = np.unique(users.rows * n_things + facts.things[users.items], return_inverse=True)
        worth = np.zeros(len(users.items)) if users.types is None else facts.type_weights[users.types]
        # By thing, then the least worth first, then the oldest first: the last one of each thing is its strongest.
        order = np.lexsort((np.arange(len(worth)), worth, of_entry))
        entries = order[np.searchsorted(of_entry[order], np.arange(len(keys)), side="right") - 1]
        rows = keys // n_things
        starts = np.searchsorted(rows, np.arange(users.n_users))
        return cls(rows, np.arange(len(keys)) - starts[rows], entries, users.items[entries], of_entry)


def _divided(
    users: Histories, listed: Ints, strengths: Floats, models: Sequence[Model], past: _PastThings
) -> tuple[Floats, Floats]:
    """The strength of each source that each past thing explains, [G, K, S], and what none explains, [U, K, S]."""
    by_source = [_divide_strength(users, listed, strengths[..., s], model) for s, model in enumerate(models)]
    by_thing = [_sums(past.of_entry, explained, len(past.rows)) for explained, _ in by_source]
    return np.stack(by_thing, axis=-1), np.stack([rest for _, rest in by_source], axis=-1)


def _sums(rows: Counts, values: NDArray[Any], n_rows: int) -> NDArray[Any]:
    """[n_rows, ...]: the sums of `values`, [V, ...], by the row of each, int64 [V]; added in their order."""
    members = sparse.csr_array((np.ones(len(rows), values.dtype), (rows, np.arange(len(rows)))), (n_rows, len(rows)))
    return np.asarray(members @ values.reshape(len(rows), -1)).reshape(n_rows, *values.shape[1:])


def _divide_strength(users: Histories, listed: Ints, strength: Floats, model: Model) -> tuple[Floats, Floats]:
    """The strength that past items explain, [N, K], and the rest, [U, K]."""
    contributions = np.maximum(model.contributions(users, listed), 0).astype(np.float64)
    totals = _sums(users.rows, contributions, len(listed))
    is_explained = totals > 0
    scale = np.where(is_explained, strength / np.where(is_explained, totals, 1), 0)
    return (contributions * scale[users.rows]).astype(np.float32), np.where(is_explained, 0, strength).astype(np.float32)


def _is_believed(past: _PastThings, listed: Ints, share: Floats, facts: ReasonFacts) -> Bools:
    """bool [G, K]: whether the thing is a reason that its user would believe; `share`, [G, K], is its own of the score."""
    categories = facts.categories
    has_common = share_category(listed[past.rows], past.items, categories.indptr, categories.values.astype(np.int64))
    return has_common | (share >= facts.believed_share)


@numba.njit(cache=True)
def share_category(listed: Ints, items: Ints, indptr: Counts, categories: Counts) -> Bools:
    """bool [G, K]: whether each of `listed`, int32 [G, K], has a category in common with the item of its row, int32 [G].

    True where one of the two has no category; False for the padding -1. The categories of item i are
    `categories[indptr[i]:indptr[i + 1]]`, ascending.
    """
    found = np.zeros(listed.shape, np.bool_)
    for row in range(listed.shape[0]):
        begin, end = indptr[items[row]], indptr[items[row] + 1]
        for place in range(listed.shape[1]):
            item = listed[row, place]
            if item < 0:
                continue
            one, other, last = begin, indptr[item], indptr[item + 1]
            is_common = begin == end or other == last
            while one < end and other < last and not is_common:
                is_common = categories[one] == categories[other]
                if categories[one] < categories[other]:
                    one += 1
                else:
                    other += 1
            found[row, place] = is_common
    return found


def _drop_weak(share: NDArray[np.floating], n_past: int, min_share: float) -> None:
    """Set weak reasons to 0, in place; those by past items, the first `n_past` columns, are compared as a sum."""
    past, unexplained = share[..., :n_past], share[..., n_past:]
    own = past.sum(axis=2, keepdims=True)
    strongest = np.maximum(own, unexplained.max(axis=2, keepdims=True, initial=0))
    past[np.broadcast_to((own < min_share) & (own < strongest), past.shape)] = 0
    unexplained[(unexplained < min_share) & (unexplained < strongest)] = 0


def _chosen(
    users: Histories,
    listed: Ints,
    facts: ReasonFacts,
    table: tuple[Floats, Ints, Counts],
    order: Counts,
    is_pooled: Bools,
) -> Reasons:
    """The reasons at the places `order`, [U, K, R], of the last axis of share, source and entry."""
    share, source, entry = (np.asarray(np.take_along_axis(values, order, axis=2)) for values in table)
    is_reason = (share > 0) & (listed >= 0)[..., None]
    is_item = is_reason & (entry >= 0)
    item = np.append(users.items, np.int32(-1))[entry]
    category = np.where(listed >= 0, facts.popular_in[np.maximum(listed, 0)], -1)[..., None]
    return Reasons(
        np.where(is_reason, source, -1).astype(np.int32),
        np.where(is_item, item, -1).astype(np.int32),
        np.where(is_reason, share, 0).astype(np.float32),
        np.where(is_item, entry, -1),
        np.where(is_reason & is_pooled, category, -1).astype(np.int32),
    )
