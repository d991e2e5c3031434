"""Sources that see the relevant items through noise, and NDCG by a full sort, to compare with."""

from dataclasses import replace
from typing import Any

import numpy as np

from tawny.core.arrays import Bools, Doubles, Floats, Histories, Ragged
from tawny.core.columns import EVENT_TYPES
from tawny.ranking.examples import Examples
from tawny.ranking.features import ItemFacts
from tawny.ranking.reasons import ReasonFacts
from tawny.ranking.shortlists import Shortlists, row_ranks
from tawny.testing.worlds import histories

N_ITEMS = 30


def facts(n_items: int = N_ITEMS) -> ItemFacts:
    """Items that nobody knows anything of."""
    nothing = np.full(n_items, np.nan, np.float32)
    return ItemFacts(np.zeros((n_items, 4), np.float32), nothing, nothing, Ragged.from_rows([[]] * n_items))


def reason_facts(n_items: int = N_ITEMS, **known: Any) -> ReasonFacts:
    """Items without titles and categories, and events that are all worth the same, but for what is `known`."""
    things, nowhere = np.arange(n_items, dtype=np.int32), np.full(n_items, -1, np.int32)
    nothing = ReasonFacts(things, Ragged.from_rows([[]] * n_items), nowhere, (), np.ones(len(EVENT_TYPES)), 0.25)
    return replace(nothing, **known)


def examples(
    rng: np.random.Generator, n_users: int, strengths: tuple[float, ...], length: int = 20, unknown: float = 0.2
) -> Examples:
    """Users with `length` entries, who each took about 3 of the 30 items.

    A source's scores are its strength for the items that the user took, and noise; the share `unknown` it cannot score, and
    the better half of all is its own list.
    """
    is_relevant = rng.random((n_users, N_ITEMS)) < 0.1
    is_relevant[np.arange(n_users), rng.integers(N_ITEMS, size=n_users)] = True
    scores = is_relevant[..., None] * np.array(strengths) + rng.normal(size=(n_users, N_ITEMS, len(strengths)))
    scores[rng.random(scores.shape) < unknown] = np.nan
    return of_scores(scores.astype(np.float32), is_relevant, length)


def of_scores(scores: Floats, is_relevant: Bools, length: int = 20) -> Examples:
    """Examples with these scores, float32 [U, M, S], of all items 0 .. M - 1, and these answers, bool [U, M]."""
    n_users, n_items, _ = scores.shape
    ranks = row_ranks(scores)
    own = np.where(ranks <= n_items / 2, ranks, 0).astype(np.int32)
    items = np.tile(np.arange(n_items, dtype=np.int32), (n_users, 1))
    answers = Ragged.from_padded(items, is_relevant)
    past: Histories = histories([list(range(length))] * n_users)
    keys = np.arange(n_users, dtype=np.uint64)
    return Examples(Shortlists(items, scores, own), past, answers, np.ones(len(answers.values), np.float32), keys)


def ndcg(order: Floats | Doubles, given: Examples, k: int) -> Doubles:
    """float64 [U]: of the examples in this order, float [U, M]; by a full sort, row by row."""
    values = []
    for row, scores in enumerate(order):
        own = slice(given.answers.indptr[row], given.answers.indptr[row + 1])
        worth = dict(zip(given.answers.values[own].tolist(), given.values[own].tolist(), strict=True))
        listed = given.shortlists.items[row][np.argsort(-np.asarray(scores, np.float64), kind="stable")][:k]
        gain = sum(worth.get(item, 0) / np.log2(place + 2) for place, item in enumerate(listed.tolist()))
        best = sum(value / np.log2(place + 2) for place, value in enumerate(sorted(worth.values(), reverse=True)[:k]))
        values.append(gain / best)
    return np.array(values)


def single_ndcg(given: Examples, source: int, k: int = 10) -> float:
    """The mean NDCG of the list of one source alone."""
    return float(ndcg(np.nan_to_num(given.shortlists.scores[..., source], nan=-np.inf), given, k).mean())
