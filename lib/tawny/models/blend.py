"""Blend: one order from the lists of several sources, with weights learned on a validation window.

Shapes: U users, B users of a batch, M shortlisted items (padded), S sources, K list.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, PositiveInt

from tawny.models.base import Arrays, Floats
from tawny.models.coordinate_ascent import Answers, climb

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]
Transform = Literal["reciprocal_rank", "min_max"]

# An item that no weighted source listed still has an order: that of all sources, far below every weighted one.
_FLOOR = 1e-6


class BlendConfig(BaseModel):
    """Settings of `Blend`.

    Attributes:
        k: of the NDCG that is learned for.
        transforms: tried in turn; the best is kept.
        rank_offset: c of `reciprocal_rank`, (c + 1) / (c + rank).
        n_folds: of users; what is learned without each is averaged, and judged on it.
        max_users: this many validation users, evenly picked, are learned from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: PositiveInt = 10
    transforms: tuple[Transform, ...] = ("reciprocal_rank", "min_max")
    rank_offset: PositiveFloat = 10.0
    n_folds: PositiveInt = 5
    max_users: PositiveInt = 3000


class Segment(BaseModel):
    """How the lists of one kind of user are blended.

    Attributes:
        transform: what makes the scores of different sources comparable.
        weights: one per source, not negative, summing to 1.
        n_users: learned from.
        gain: the mean NDCG above that of the best single source, on users left out of learning; pessimistic, as that source
            was itself picked on them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    transform: Transform
    weights: tuple[NonNegativeFloat, ...]
    n_users: int = 0
    gain: float = 0.0


class Blend:
    """A weighted sum of the sources' transformed scores; users with and without a history have weights of their own.

    Source: Metzler and Croft 2007, section 4 (coordinate ascent on the ranking measure itself); Cormack, Clarke and
    Büttcher 2009 (reciprocal ranks). Made for some 10 sources with shortlists of up to some 1,000 items.
    """

    name: ClassVar[str] = "blend"

    def __init__(self, sources: Sequence[str], warm: Segment, cold: Segment, settings: BlendConfig) -> None:
        """`sources` name the last axis of the scores, S long; so are the weights of `warm` and `cold`."""
        self.sources, self.warm, self.cold, self.settings = tuple(sources), warm, cold, settings

    @classmethod
    def learn(
        cls,
        sources: Sequence[str],
        scores: Floats,
        is_relevant: Bools,
        n_relevant: NDArray[np.integer[Any]],
        is_warm: Bools,
        settings: BlendConfig,
    ) -> Self:
        """The blend with the best mean NDCG@k; never below the best single source on the given users.

        With few users the climb overfits. So it climbs once per fold of users, without that fold, and averages the weights;
        the transform is the one that does best on the left-out users.

        Args:
            sources: S names.
            scores: float32 [U, M, S]; NaN where the source did not list the item, or where there is no item.
            is_relevant: bool [U, M], the user took the item in the validation window.
            n_relevant: int [U], how many items the user took, shortlisted or not; users with none are left out.
            is_warm: bool [U], the user has a history.
            settings: see there. Without any user of a kind, its sources weigh the same.
        """
        kinds = []
        for chosen in (is_warm, ~is_warm):
            users = np.flatnonzero(chosen & (n_relevant > 0))
            users = users[np.linspace(0, len(users), min(len(users), settings.max_users), endpoint=False).astype(np.int64)]
            kinds.append(_learn_segment(scores[users], is_relevant[users], n_relevant[users], settings))
        return cls(sources, kinds[0], kinds[1], settings)

    def blend_scores(self, scores: Floats, is_warm: Bools) -> Floats:
        """float32 [B, M] from the sources' scores, float32 [B, M, S]; -inf where no source listed the item."""
        blended: Floats = self.strengths(scores, is_warm).sum(axis=2).astype(np.float32)
        blended[np.isnan(scores).all(axis=2)] = -np.inf
        return blended

    def strengths(self, scores: Floats, is_warm: Bools) -> Doubles:
        """float64 [B, M, S]: what each source adds to the blended score; 0 where it did not list the item."""
        added = np.zeros(scores.shape)
        for segment, users in ((self.warm, is_warm), (self.cold, ~is_warm)):
            if users.any():
                comparable = transformed(scores[users], segment.transform, self.settings.rank_offset)
                added[users] = comparable * (np.asarray(segment.weights) + _FLOOR)
        return added

    def arrays(self) -> Arrays:
        """None: a few weights are settings."""
        return {}

    def config(self) -> dict[str, Any]:
        """sources, warm, cold and the settings."""
        segments = {"warm": self.warm.model_dump(mode="json"), "cold": self.cold.model_dump(mode="json")}
        return {"sources": list(self.sources), **segments, "settings": self.settings.model_dump(mode="json")}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The blend that `config()` came from."""
        warm, cold = Segment(**config["warm"]), Segment(**config["cold"])
        return cls(config["sources"], warm, cold, BlendConfig(**config["settings"]))


def transformed(scores: Floats, transform: Transform, rank_offset: float) -> Doubles:
    """float64 [B, M, S] in [0, 1]: every source's scores made comparable, per user; 0 where it did not list the item."""
    listed = ~np.isnan(scores)
    if transform == "reciprocal_rank":
        order = np.argsort(-scores, axis=1, kind="stable")  # NaN sorts last
        ranks = np.empty(scores.shape)
        np.put_along_axis(ranks, order, np.arange(1.0, scores.shape[1] + 1)[None, :, None], axis=1)
        return np.where(listed, (rank_offset + 1) / (rank_offset + ranks), 0)
    low = np.where(listed, scores, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    high = np.where(listed, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    span = np.where(high > low, high - low, 1.0)
    # The last of a list is still above what was not listed at all.
    return np.where(listed, 0.05 + 0.95 * (np.where(listed, scores, 0) - np.where(listed, low, 0)) / span, 0)


def weighted(comparable: Doubles, weights: Doubles) -> Doubles:
    """float64 [B, M]: the weighted sum over the sources, with the floor of all of them below."""
    summed: Doubles = comparable @ weights + _FLOOR * comparable.sum(axis=2)
    return summed


def _learn_segment(
    scores: Floats, is_relevant: Bools, n_relevant: NDArray[np.integer[Any]], settings: BlendConfig
) -> Segment:
    """The transform and weights for one kind of users, or the best single source where no weights beat it on them."""
    n_users, n_sources = len(scores), scores.shape[2]
    if n_users == 0:
        return Segment(transform=settings.transforms[0], weights=(1 / n_sources,) * n_sources)
    answers = Answers.of(is_relevant, n_relevant, settings.k)
    blends = [_cross_fitted(scores, transform, answers, settings) for transform in settings.transforms]
    transform, weights, unseen = max(blends, key=lambda blend: blend[2])
    comparable = transformed(scores, transform, settings.rank_offset)
    singles = [_quality(comparable, source, answers) for source in np.eye(n_sources)]
    if _quality(comparable, weights, answers) < max(singles):
        weights, unseen = np.eye(n_sources)[int(np.argmax(singles))], max(singles)
    gain = unseen - max(singles)
    return Segment(transform=transform, weights=tuple(map(float, weights)), n_users=n_users, gain=gain)


def _quality(comparable: Doubles, weights: Doubles, answers: Answers) -> float:
    return float(answers.ndcg(weighted(comparable, weights)).mean())


def _cross_fitted(
    scores: Floats, transform: Transform, answers: Answers, settings: BlendConfig
) -> tuple[Transform, Doubles, float]:
    """The mean of the weights learned without each fold of users, and the mean NDCG of the left-out under theirs."""
    comparable = transformed(scores, transform, settings.rank_offset)
    n_folds = min(settings.n_folds, len(scores))
    folds = np.arange(len(scores)) % n_folds
    weights, values = [], np.zeros(len(scores))
    for fold in range(n_folds):
        outside = folds == fold
        inside = ~outside if n_folds > 1 else outside
        weights.append(climb(comparable[inside], answers.take(inside)))
        values[outside] = answers.take(outside).ndcg(weighted(comparable[outside], weights[-1]))
    return transform, np.mean(weights, axis=0), float(values.mean())
