"""Ranker: the final order of a shortlist, in a way that is chosen on left-out users by the length of the history.

Shapes: U rows (a user and a morning), M longest shortlist, S sources, K list.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from tawny.core.arrays import Arrays, Counts, Doubles, Floats, Histories, Ints
from tawny.evaluation.tuning import standard_error
from tawny.ranking.blend import Learned, learn_blend, learn_source, parts, weighted
from tawny.ranking.examples import Examples, Pairs, left_out_ndcg, tree_scores
from tawny.ranking.features import POPULARITY, ItemFacts, feature_sources, pair_features
from tawny.ranking.lambdamart import LambdaMart
from tawny.ranking.settings import RankerSettings, Transform
from tawny.ranking.shortlists import Shortlists, comparable

Order = Literal["source", "blend", "lambdamart"]
"""By the best single source, by a weighted sum of the sources, or by trees; from the simplest."""

LONGEST = (0, 2, 10)
"""Segments of users by the entries of their history: none, 1 to 2, 3 to 10, more."""


class Segment(BaseModel):
    """How the lists of users with similarly long histories are ordered, and how good each way was on left-out users.

    Attributes:
        order: what orders them.
        transform: makes the scores of the sources comparable.
        weights: one per source, not negative, summing to 1; of the source or the blend.
        n_rows: rows that it was chosen on.
        n_users: users of these rows.
        ndcg: mean NDCG on left-out users, by order.
        standard_error: by order, of the paired difference from the best single source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: Order
    transform: Transform
    weights: tuple[NonNegativeFloat, ...]
    n_rows: int = 0
    n_users: int = 0
    ndcg: dict[Order, float] = {}
    standard_error: dict[Order, float] = {}


class Ranker:
    """One order of a shortlist's items for each segment of users.

    More than the best single source is used only where it beats that source by more than a standard error on users left out:
    with few users the best of several choices owes much to chance. Made for some 10 sources with shortlists of up to some
    1,000 items.
    """

    name: ClassVar[str] = "ranker"

    def __init__(
        self, sources: Sequence[str], segments: Sequence[Segment], trees: LambdaMart | None, settings: RankerSettings
    ) -> None:
        """`sources` name the last axis of the scores, S long; `segments` are those of LONGEST; `trees`, if one uses them."""
        self.sources, self.segments, self.trees, self.settings = tuple(sources), tuple(segments), trees, settings

    @classmethod
    def learn(
        cls, sources: Sequence[str], examples: Examples, facts: ItemFacts, settings: RankerSettings, seed: int
    ) -> Self:
        """The ranker from validation rows.

        Args:
            sources: S names.
            examples: the rows.
            facts: of the items.
            settings: of the ranker.
            seed: of LambdaMART's features and sample.
        """
        trees = _Trees.grow(sources, examples, facts, settings, seed) if examples.n_rows >= settings.min_rows else None
        values = trees.ndcg if trees else None
        own = np.searchsorted(LONGEST, examples.users.lengths)
        fallback = _popularity(sources, settings)
        pooled = _segment(examples, np.flatnonzero(own > 0), values, settings, at_least=settings.n_folds) or fallback
        segments = [
            _segment(examples, np.flatnonzero(own == number), values, settings, at_least=settings.min_users)
            or (pooled if number > 0 else fallback)
            for number in range(len(LONGEST) + 1)
        ]
        is_used = any(segment.order == "lambdamart" for segment in segments)
        return cls(sources, segments, trees.all_rows() if trees and is_used else None, settings)

    def score(self, shortlists: Shortlists, users: Histories, facts: ItemFacts) -> Floats:
        """float32 [U, M], higher is better; -inf in the padding."""
        scores = np.full(shortlists.items.shape, -np.inf)
        for segment, rows in self._members(users):
            own = shortlists.take(rows)
            if segment.order == "lambdamart" and self.trees:
                scores[rows] = tree_scores(self.trees, own, users.take(rows), facts)
            else:
                same_scale = comparable(own.scores, segment.transform, self.settings.rank_offset)
                scores[rows] = np.where(own.items >= 0, weighted(same_scale, np.asarray(segment.weights)), -np.inf)
        return scores.astype(np.float32)

    def strengths(self, shortlists: Shortlists, users: Histories, facts: ItemFacts, columns: Ints) -> Doubles:
        """float64 [U, K, S], not negative: how much each source speaks for the items at `columns`, int32 [U, K]; 0 for -1.

        A blend adds these; of trees, they are what the source's features add to the score, where that is positive. Where no
        source speaks for an item, those that list it do so alike.
        """
        strengths = np.zeros((*columns.shape, len(self.sources)))
        for segment, rows in self._members(users):
            own, listed = shortlists.take(rows), columns[rows]
            at, place = np.nonzero(listed >= 0)
            if segment.order == "lambdamart" and self.trees:
                features = pair_features(own, users.take(rows), facts, at, listed[at, place].astype(np.int64))
                found = self.trees.contributions(features, feature_sources(self.sources), len(self.sources))
            else:
                same_scale = comparable(own.scores, segment.transform, self.settings.rank_offset)
                found = parts(same_scale[at, listed[at, place]], np.asarray(segment.weights))
            found = np.maximum(found, 0)
            is_silent = ~found.any(axis=1, keepdims=True)
            strengths[rows[at], place] = np.where(is_silent, own.ranks[at, listed[at, place]] > 0, found)
        return strengths

    def arrays(self) -> Arrays:
        """trees uint8: LightGBM's text; none where no segment uses trees. The weights are in the config."""
        return {"trees": np.frombuffer(self.trees.trees, np.uint8)} if self.trees else {}

    def config(self) -> dict[str, Any]:
        """sources, segments and settings."""
        segments = [segment.model_dump(mode="json") for segment in self.segments]
        return {"sources": list(self.sources), "segments": segments, "settings": self.settings.model_dump(mode="json")}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The ranker that `config()` and `arrays()` came from."""
        trees = LambdaMart(arrays["trees"].tobytes()) if "trees" in arrays else None
        segments = [Segment(**segment) for segment in config["segments"]]
        return cls(config["sources"], segments, trees, RankerSettings(**config["settings"]))

    def _members(self, users: Histories) -> list[tuple[Segment, Counts]]:
        """The segments that have rows among these, with the row numbers."""
        own = np.searchsorted(LONGEST, users.lengths)
        return [(self.segments[number], np.flatnonzero(own == number)) for number in np.unique(own)]


class _Trees:
    """LambdaMART on all rows: its NDCG on left-out users, and the trees of all rows, grown only where they are used."""

    def __init__(self, ndcg: Doubles, pairs: Pairs, sources: Sequence[str], settings: RankerSettings, seed: int) -> None:
        self.ndcg = ndcg
        self._pairs, self._sources, self._settings, self._seed = pairs, sources, settings, seed

    @classmethod
    def grow(
        cls, sources: Sequence[str], examples: Examples, facts: ItemFacts, settings: RankerSettings, seed: int
    ) -> "_Trees | None":
        """None where no shortlist has an answer."""
        own, rng = settings.lambdamart, np.random.default_rng(seed)
        answers = examples.judged(settings.k)
        if not len(answers.gains):
            return None
        pairs = Pairs.sample(examples, facts, answers, own.max_pairs, rng)
        ndcg = left_out_ndcg(examples, facts, pairs, settings.k, examples.folds(settings.n_folds), sources, own, seed)
        return cls(ndcg, pairs, sources, settings, seed)

    def all_rows(self) -> LambdaMart:
        everything = np.ones(int(self._pairs.rows.max()) + 1, np.bool_)
        return self._pairs.fit(everything, self._sources, self._settings.lambdamart, self._seed)


def _segment(
    examples: Examples, rows: Counts, of_trees: Doubles | None, settings: RankerSettings, at_least: int
) -> Segment | None:
    """The order chosen on these rows; None with fewer users than `at_least`."""
    own = examples.take(rows)
    n_users = len(np.unique(own.keys))
    if n_users < at_least:
        return None
    answers, folds = own.judged(settings.k), own.folds(settings.n_folds)
    transforms = {*settings.transforms, "reciprocal_rank"}
    scores = {name: comparable(own.shortlists.scores, name, settings.rank_offset) for name in sorted(transforms)}
    single, blend = learn_source(scores, answers, folds), learn_blend(scores, answers, folds, settings)
    values: dict[Order, Doubles] = {"source": single.ndcg, "blend": blend.ndcg}
    if of_trees is not None:
        values["lambdamart"] = of_trees[rows]
    ndcg = {order: float(value.mean()) for order, value in values.items()}
    errors = {order: standard_error(value - single.ndcg, own.keys) for order, value in values.items()}
    better = [order for order in values if order == "source" or ndcg[order] - ndcg["source"] > errors[order]]
    chosen = max(better, key=lambda order: ndcg[order])
    used: Learned = single if chosen == "source" else blend
    return Segment(
        order=chosen,
        transform=used.transform,
        weights=tuple(map(float, used.weights)),
        n_rows=own.n_rows,
        n_users=n_users,
        ndcg=ndcg,
        standard_error=errors,
    )


def _popularity(sources: Sequence[str], settings: RankerSettings) -> Segment:
    """For users of whom nothing was learned: popularity's list, or equal weights where it is no source."""
    weights = np.array([source == POPULARITY for source in sources], np.float64)
    weights = weights if weights.any() else np.full(len(sources), 1 / len(sources))
    order: Order = "source" if weights.max() == 1 else "blend"
    return Segment(order=order, transform="reciprocal_rank", weights=tuple(map(float, weights)))
