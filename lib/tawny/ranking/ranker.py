"""Ranker: the final order of a shortlist, in a way that is chosen on left-out users by the length of the history.

Shapes: U rows (a user and a morning), M longest shortlist, S sources, K list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from tawny.core.arrays import Arrays, Counts, Doubles, Floats, Histories, Ints
from tawny.evaluation.tuning import standard_error
from tawny.ranking.blend import Learned, learn_blend, learn_source, parts
from tawny.ranking.conditional_logit import fit_weights
from tawny.ranking.examples import Examples, Pairs, left_out_ndcg, tree_scores
from tawny.ranking.features import POPULARITY, ItemFacts, feature_sources, pair_features
from tawny.ranking.lambdamart import LambdaMart
from tawny.ranking.settings import RankerSettings, Transform
from tawny.ranking.shortlists import Shortlists, comparable

Order = Literal["source", "blend", "lambdamart"]
"""By the best single source, by a weighted sum of the sources, or by that sum and trees; from the simplest."""

LONGEST = (0, 2, 10)
"""Segments of users by the entries of their history: none, 1 to 2, 3 to 10, more."""


class Segment(BaseModel):
    """How the lists of users with similarly long histories are ordered, and how good each way was on left-out users.

    Attributes:
        order: what orders them.
        transform: makes the scores of the sources comparable.
        weights: one per source, not negative, summing to 1; of the source, or of the blend, with trees or without.
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

    def base(self, scores: Floats, rank_offset: float) -> Doubles:
        """float64 [U, M, S]: what each source adds to the weighted sum; of the scores of shortlists, float32 [U, M, S]."""
        return parts(comparable(scores, self.transform, rank_offset), np.asarray(self.weights))


class Ranker:
    """One order of a shortlist's items for each segment of users.

    More than the best single source is used only where it beats that source by more than a standard error on users left out:
    with few users the best of several choices owes much to chance. Made for some 10 sources with shortlists of up to some
    1,000 items.
    """

    name: ClassVar[str] = "ranker"

    def __init__(
        self,
        sources: Sequence[str],
        segments: Sequence[Segment],
        trees: LambdaMart | None,
        settings: RankerSettings,
        scale: float = 1.0,
    ) -> None:
        """The parts.

        Args:
            sources: name the last axis of the scores, S long.
            segments: those of LONGEST.
            trees: if a segment uses them.
            settings: it was learned with.
            scale: of a blend's scores, where trees are added to them.
        """
        self.sources, self.segments, self.trees, self.settings = tuple(sources), tuple(segments), trees, settings
        self.scale = scale

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
        simple = _SimpleOrders.learn(sources, examples, settings)
        trees = _Trees.grow(sources, examples, simple.blended, facts, settings, seed)
        segments = simple.segments(trees.ndcg if trees else None)
        if trees and any(segment.order == "lambdamart" for segment in segments):
            return cls(sources, segments, trees.all_rows(), settings, trees.scale)
        return cls(sources, segments, None, settings)

    def score(self, shortlists: Shortlists, users: Histories, facts: ItemFacts) -> Floats:
        """float32 [U, M], higher is better; -inf in the padding."""
        scores = np.full(shortlists.items.shape, -np.inf)
        for segment, rows in self._members(users):
            own = shortlists.take(rows)
            summed = segment.base(own.scores, self.settings.rank_offset).sum(axis=2)
            if segment.order == "lambdamart" and self.trees:
                scores[rows] = self.scale * summed + tree_scores(self.trees, own, users.take(rows), facts)
            else:
                scores[rows] = np.where(own.items >= 0, summed, -np.inf)
        return scores.astype(np.float32)

    def strengths(self, shortlists: Shortlists, users: Histories, facts: ItemFacts, columns: Ints) -> Doubles:
        """float64 [U, K, S], not negative: how much each source speaks for the items at `columns`, int32 [U, K]; 0 for -1.

        A blend adds these; with trees, what the source's features add to the score comes to it. Where no source speaks for
        an item, those that list it do so alike.
        """
        strengths = np.zeros((*columns.shape, len(self.sources)))
        for segment, rows in self._members(users):
            own, listed = shortlists.take(rows), columns[rows]
            at, place = np.nonzero(listed >= 0)
            found = segment.base(own.scores, self.settings.rank_offset)[at, listed[at, place]]
            if segment.order == "lambdamart" and self.trees:
                features = pair_features(own, users.take(rows), facts, at, listed[at, place].astype(np.int64))
                added = self.trees.contributions(features, feature_sources(self.sources), len(self.sources))
                found = self.scale * found + added
            found = np.maximum(found, 0)
            is_silent = ~found.any(axis=1, keepdims=True)
            strengths[rows[at], place] = np.where(is_silent, own.ranks[at, listed[at, place]] > 0, found)
        return strengths

    def arrays(self) -> Arrays:
        """trees uint8: LightGBM's text; none where no segment uses trees. The weights are in the config."""
        return {"trees": np.frombuffer(self.trees.trees, np.uint8)} if self.trees else {}

    def config(self) -> dict[str, Any]:
        """sources, segments, settings and scale."""
        segments = [segment.model_dump(mode="json") for segment in self.segments]
        settings = self.settings.model_dump(mode="json")
        return {"sources": list(self.sources), "segments": segments, "settings": settings, "scale": self.scale}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The ranker that `config()` and `arrays()` came from."""
        trees = LambdaMart(arrays["trees"].tobytes()) if "trees" in arrays else None
        segments = [Segment(**segment) for segment in config["segments"]]
        return cls(config["sources"], segments, trees, RankerSettings(**config["settings"]), config["scale"])

    def _members(self, users: Histories) -> list[tuple[Segment, Counts]]:
        """The segments that have rows among these, with the row numbers."""
        own = np.searchsorted(LONGEST, users.lengths)
        return [(self.segments[number], np.flatnonzero(own == number)) for number in np.unique(own)]


@dataclass(frozen=True)
class _Orders:
    """The best single source and the blend of some rows.

    Attributes:
        rows: int64 [R], of the examples.
        keys: uint64 [R], of their users.
        source, blend: learned from them.
    """

    rows: Counts
    keys: NDArray[np.uint64]
    source: Learned
    blend: Learned

    @classmethod
    def learn(cls, examples: Examples, rows: Counts, settings: RankerSettings, at_least: int) -> "_Orders | None":
        """None with fewer users than `at_least`."""
        own = examples.take(rows)
        if len(np.unique(own.keys)) < at_least:
            return None
        answers, folds, is_listed = own.judged(settings.k), own.folds(settings.n_folds), own.shortlists.items >= 0
        transforms = {*settings.transforms, "reciprocal_rank"}
        scores = {name: comparable(own.shortlists.scores, name, settings.rank_offset) for name in sorted(transforms)}
        source = learn_source(scores, answers, folds)
        return cls(rows, own.keys, source, learn_blend(scores, is_listed, answers, folds, settings))

    def segment(self, of_trees: Doubles | None) -> Segment:
        """The best order that beats the source by more than a standard error; `of_trees`: NDCG of all examples, float64."""
        values: dict[Order, Doubles] = {"source": self.source.ndcg, "blend": self.blend.ndcg}
        if of_trees is not None:
            values["lambdamart"] = of_trees[self.rows]
        ndcg = {order: float(value.mean()) for order, value in values.items()}
        errors = {order: standard_error(value - self.source.ndcg, self.keys) for order, value in values.items()}
        better = [order for order in values if order == "source" or ndcg[order] - ndcg["source"] > errors[order]]
        chosen = max(better, key=lambda order: ndcg[order])
        used = (self.source if chosen == "source" else self.blend).mixture
        return Segment(
            order=chosen,
            transform=used.transform,
            weights=tuple(map(float, used.weights)),
            n_rows=len(self.rows),
            n_users=len(np.unique(self.keys)),
            ndcg=ndcg,
            standard_error=errors,
        )


@dataclass(frozen=True)
class _SimpleOrders:
    """The simple orders of every segment; one with few users takes those of all users with a history.

    Attributes:
        of_segments: None for a segment with few users.
        pooled: of all rows with a history; None where their users are few.
        other: for users of whom nothing was learned.
        blended: float64 [U, M], the blend of every row, learned without its fold.
    """

    of_segments: Sequence[_Orders | None]
    pooled: _Orders | None
    other: Segment
    blended: Doubles

    @classmethod
    def learn(cls, sources: Sequence[str], examples: Examples, settings: RankerSettings) -> Self:
        number, other = np.searchsorted(LONGEST, examples.users.lengths), _popularity(sources)
        blended = other.base(examples.shortlists.scores, settings.rank_offset).sum(axis=2)
        pooled = _Orders.learn(examples, np.flatnonzero(number > 0), settings, settings.n_folds)
        each = []
        for one in range(len(LONGEST) + 1):
            rows = np.flatnonzero(number == one)
            is_pooled = one > 0 and pooled is not None and len(rows) == len(pooled.rows)  # nothing new to learn
            each.append(pooled if is_pooled else _Orders.learn(examples, rows, settings, settings.min_users))
        for orders in (pooled, *each):
            if orders:
                blended[orders.rows] = orders.blend.left_out
        return cls(each, pooled, other, blended)

    def segments(self, of_trees: Doubles | None) -> list[Segment]:
        """With the orders that are best; `of_trees` is None, or the NDCG of every row, float64 [U]."""
        pooled = self.pooled.segment(of_trees) if self.pooled else self.other
        others = (self.other, *[pooled] * len(LONGEST))
        return [own.segment(of_trees) if own else other for own, other in zip(self.of_segments, others, strict=True)]


@dataclass(frozen=True)
class _Trees:
    """LambdaMART on top of the blend: its NDCG on left-out users, and the trees of all rows, grown only where they are used.

    Attributes:
        pairs: that the trees are grown from.
        base: float64 [U, M], the blend that they improve, left out, times `scale`.
        scale: of the blend, at which its differences are logarithms of odds, as the trees' are.
        ndcg: float64 [U], of each row by trees that were grown without its fold.
        sources, settings, seed: as for `Ranker.learn`.
    """

    pairs: Pairs
    base: Doubles
    scale: float
    ndcg: Doubles
    sources: Sequence[str]
    settings: RankerSettings
    seed: int

    @classmethod
    def grow(
        cls,
        sources: Sequence[str],
        examples: Examples,
        blended: Doubles,
        facts: ItemFacts,
        settings: RankerSettings,
        seed: int,
    ) -> "_Trees | None":
        """None with too few rows, or where no shortlist has an answer. `blended` is float64 [U, M], left out."""
        answers, is_listed = examples.judged(settings.k), examples.shortlists.items >= 0
        if examples.n_rows < settings.min_rows or not len(answers.gains):
            return None
        scale = float(fit_weights(blended[..., None], is_listed, answers)[0])
        own, base = settings.lambdamart, scale * blended
        pairs = Pairs.sample(examples, facts, answers, own.max_pairs, np.random.default_rng(seed))
        folds = examples.folds(settings.n_folds)
        ndcg = left_out_ndcg(examples, facts, pairs, base, settings.k, folds, sources, own, seed)
        return cls(pairs, base, scale, ndcg, sources, settings, seed)

    def all_rows(self) -> LambdaMart:
        everything = np.ones(len(self.base), np.bool_)
        return self.pairs.fit(self.base, everything, self.sources, self.settings.lambdamart, self.seed)


def _popularity(sources: Sequence[str]) -> Segment:
    """For users of whom nothing was learned: popularity's list, or equal weights where it is no source."""
    weights = np.array([source == POPULARITY for source in sources], np.float64)
    weights = weights if weights.any() else np.full(len(sources), 1 / len(sources))
    order: Order = "source" if weights.max() == 1 else "blend"
    return Segment(order=order, transform="reciprocal_rank", weights=tuple(map(float, weights)))
