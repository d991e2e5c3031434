"""What LambdaMART sees of a row (a user and a morning) and an item of its shortlist.

Shapes: U rows, M longest shortlist, S sources, I items, N history entries, P pairs of a row and an item, F features, C
categories.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from scipy import sparse

from tawny.core.arrays import Counts, Doubles, Floats, Histories, Ints, Ragged
from tawny.models.base import history_matrix
from tawny.ranking.shortlists import Shortlists, row_ranks, standardised

_COUNTS = ("n_events_7d", "n_events_30d", "n_events_90d", "n_events")
_OF_SOURCE = ("score", "rank", "own_rank")
_OF_POPULARITY = (*_COUNTS, "trend_7d", "trend_30d")
_OTHER = ("n_lists", "age_days", "price", "price_ratio", "category_share", "last_category", "history_length", "idle_days")

POPULARITY = "popularity"
"""The source that counts and trends are explained by, and that serves users of whom nothing was learned."""


@dataclass(frozen=True)
class ItemFacts:
    """What a fold knows of each item.

    Attributes:
        counts: float32 [I, 4], events in the last 7, 30 and 90 days, and ever.
        ages_days: float32 [I], since the first event; NaN if there was none.
        prices: float32 [I]; NaN if unknown.
        categories: int32 [I rows], numbers of categories.
    """

    counts: Floats
    ages_days: Floats
    prices: Floats
    categories: Ragged

    @classmethod
    def from_features(cls, features: pa.Table) -> Self:
        """From the rows of item_features_v2 of one fold."""
        rows = features.sort_by("item_index").combine_chunks()
        counts = np.stack([rows[name].to_numpy() for name in _COUNTS], axis=1).astype(np.float32)
        ages, prices = (rows[name].to_numpy().astype(np.float32) for name in ("age_days", "price"))
        names = Ragged.from_arrow(rows["categories"], np.object_)
        _, codes = np.unique(names.values.astype(str), return_inverse=True)
        return cls(counts, ages, prices, Ragged(names.indptr, codes.astype(np.int32)))


def feature_names(sources: Sequence[str]) -> list[str]:
    """F names, in the order of the columns of `pair_features`."""
    return [*(f"{source}.{name}" for source in sources for name in _OF_SOURCE), *_OF_POPULARITY, *_OTHER]


def feature_sources(sources: Sequence[str]) -> Ints:
    """int32 [F]: the source that each feature speaks for; -1 for none."""
    popularity = list(sources).index(POPULARITY) if POPULARITY in sources else -1
    own = np.repeat(np.arange(len(sources)), len(_OF_SOURCE))
    return np.concatenate([own, np.full(len(_OF_POPULARITY), popularity), np.full(len(_OTHER), -1)]).astype(np.int32)


def pair_features(shortlists: Shortlists, users: Histories, facts: ItemFacts, rows: Counts, columns: Counts) -> Floats:
    """float32 [P, F]: the features of the pairs at these rows and columns of the shortlists, int64 [P] each.

    Of each source: the score among those of the row, its rank there, and the rank in the source's own list (NaN if it is not
    there). Then how often the item was taken, and whether more lately; in how many lists it is; its age; its price, and that
    over the mean of the history; its categories' share in the history, and in the newest entry; the length of the history,
    and the days since its newest entry.
    """
    items = shortlists.items[rows, columns]
    own = shortlists.ranks[rows, columns].astype(np.float32)  # [P, S]
    of_sources = [
        standardised(shortlists.scores)[rows, columns],
        row_ranks(shortlists.scores)[rows, columns],
        np.where(own > 0, own, np.nan),
    ]
    counts = facts.counts[items].astype(np.float64)
    last_7d, last_30d, last_90d = counts[:, 0], counts[:, 1], counts[:, 2]
    price = facts.prices[items]
    n_entries, newest = users.lengths, users.indptr[1:] - 1
    idle = np.where(n_entries > 0, users.ages_days[newest] if len(users.items) else np.nan, np.nan)
    others = [
        counts,
        (last_7d + 1) / (last_30d + 1),
        (last_30d + 1) / (last_90d + 1),
        (own > 0).sum(axis=1),
        facts.ages_days[items],
        price,
        price / _mean_prices(users, facts)[rows],
        *_category_shares(users, facts, items, rows),
        n_entries[rows],
        idle[rows],
    ]
    interleaved = np.stack(of_sources, axis=2).reshape(len(rows), -1)  # source by source
    return np.column_stack([interleaved, *others]).astype(np.float32)


def _mean_prices(users: Histories, facts: ItemFacts) -> Doubles:
    """float64 [U]: of the items of the history whose price is known; NaN without one."""
    prices = facts.prices[users.items].astype(np.float64)
    known = np.isfinite(prices)
    n = np.bincount(users.rows[known], minlength=users.n_users)
    total = np.bincount(users.rows[known], prices[known], users.n_users)
    return np.where((n > 0) & (total > 0), total / np.maximum(n, 1), np.nan)


def _category_shares(users: Histories, facts: ItemFacts, items: Ints, rows: Counts) -> tuple[Doubles, Doubles]:
    """float64 [P] each: the mean share of an item's categories in the row's history, and in its newest entry alone."""
    categories = facts.categories
    shape = (categories.n_rows, int(categories.values.max(initial=0)) + 1)
    members = sparse.csr_array((np.ones(len(categories.values)), categories.values, categories.indptr), shape=shape)
    newest = np.flatnonzero(users.n_newer == 0)
    last = sparse.csr_array((np.ones(len(newest)), (users.rows[newest], users.items[newest])), (users.n_users, shape[0]))
    own = categories.take(items)
    n_own = np.maximum(own.lengths, 1)

    def shares(history: sparse.csr_array) -> Doubles:
        weights = np.maximum(history.sum(axis=1), 1e-12)
        profiles = (history @ members).toarray() / weights[:, None]  # [U, C]
        return np.bincount(own.rows, profiles[rows[own.rows], own.values], len(items)) / n_own

    return shares(history_matrix(users, shape[0]).astype(np.float64)), shares(last)
