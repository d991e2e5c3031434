"""Blend: one order from the lists of several sources, with weights learned on the validation window.

Shapes: U users, B users of a batch, M shortlisted items (padded), S sources.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from tawny.core.arrays import Arrays, Bools, Doubles, Floats
from tawny.ranking.coordinate_ascent import Answers, climb
from tawny.ranking.settings import BlendSettings, Transform

# Added to every weight, so that items of sources with weight 0 are ordered too, far below all others.
# The source whose lists are used for a kind of users (warm, cold) without validation users.
_FALLBACK = "popularity"
_FLOOR = 1e-6


class Segment(BaseModel):
    """How the lists of one kind of user are blended.

    Attributes:
        transform: makes the scores of different sources comparable.
        weights: one per source, not negative, summing to 1.
        n_users: users that the weights were learned from.
        gain: mean NDCG on left-out users, minus that of the best single source; pessimistic, because that source was chosen
            on the same users.
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

    def __init__(self, sources: Sequence[str], warm: Segment, cold: Segment, settings: BlendSettings) -> None:
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
        settings: BlendSettings,
    ) -> Self:
        """The blend with the best mean NDCG@k; never below the best single source on the given users.

        With few users coordinate ascent overfits. So it runs once per fold of users, without that fold, and the weights are
        averaged; the transform is the one that is best on the left-out users.

        Args:
            sources: S names.
            scores: float32 [U, M, S]; NaN where the source did not list the item, or where there is no item.
            is_relevant: bool [U, M], the user took the item in the validation window.
            n_relevant: int [U], how many items the user took, shortlisted or not; users with none are left out.
            is_warm: bool [U], the user has a history.
            settings: of the blend. Without users of a kind, its lists are popularity's, or all sources weigh the same.
        """
        popularity = np.array([source == _FALLBACK for source in sources], np.float64)
        fallback = popularity if popularity.any() else np.full(len(sources), 1 / len(sources))
        segments = []
        for is_member in (is_warm, ~is_warm):
            users = np.flatnonzero(is_member & (n_relevant > 0))
            users = users[np.linspace(0, len(users), min(len(users), settings.max_users), endpoint=False).astype(np.int64)]
            segments.append(_learn_segment(scores[users], is_relevant[users], n_relevant[users], fallback, settings))
        return cls(sources, segments[0], segments[1], settings)

    def strengths(self, scores: Floats, is_warm: Bools) -> Doubles:
        """float64 [B, M, S]: what each source adds to the blended score; 0 where it did not list the item."""
        strengths = np.zeros(scores.shape)
        for segment, users in ((self.warm, is_warm), (self.cold, ~is_warm)):
            if users.any():
                comparable = transformed(scores[users], segment.transform, self.settings.rank_offset)
                strengths[users] = comparable * (np.asarray(segment.weights) + _FLOOR)
        return strengths

    def arrays(self) -> Arrays:
        """No arrays: the weights are in the config."""
        return {}

    def config(self) -> dict[str, Any]:
        """sources, warm, cold and the settings."""
        segments = {"warm": self.warm.model_dump(mode="json"), "cold": self.cold.model_dump(mode="json")}
        return {"sources": list(self.sources), **segments, "settings": self.settings.model_dump(mode="json")}

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The blend that `config()` came from."""
        warm, cold = Segment(**config["warm"]), Segment(**config["cold"])
        return cls(config["sources"], warm, cold, BlendSettings(**config["settings"]))


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
    # From 0.05, so that the last item of a list is above items that are not listed.
    return np.where(listed, 0.05 + 0.95 * (np.where(listed, scores, 0) - np.where(listed, low, 0)) / span, 0)


def blended(strengths: Doubles, scores: Floats) -> Floats:
    """float32 [B, M]: the sum of the sources' strengths, float64 [B, M, S]; -inf where none of `scores` listed the item."""
    summed: Floats = np.where(np.isnan(scores).all(axis=2), -np.inf, strengths.sum(axis=2)).astype(np.float32)
    return summed


def weighted(comparable: Doubles, weights: Doubles) -> Doubles:
    """float64 [B, M]: the weighted sum over the sources, with _FLOOR added to every weight."""
    summed: Doubles = comparable @ weights + _FLOOR * comparable.sum(axis=2)
    return summed


def _learn_segment(
    scores: Floats, is_relevant: Bools, n_relevant: NDArray[np.integer[Any]], fallback: Doubles, settings: BlendSettings
) -> Segment:
    """The best transform and weights for one kind of users, or the best single source where it is better on them."""
    n_users, n_sources = len(scores), scores.shape[2]
    if n_users == 0:
        return Segment(transform=settings.transforms[0], weights=tuple(map(float, fallback)))
    answers = Answers.from_padded(is_relevant, n_relevant, settings.k)
    blends = [_cross_fitted(scores, transform, answers, settings) for transform in settings.transforms]
    transform, weights, left_out_ndcg = max(blends, key=lambda blend: blend[2])
    comparable = transformed(scores, transform, settings.rank_offset)
    singles = [_mean_ndcg(comparable, source, answers) for source in np.eye(n_sources)]
    if _mean_ndcg(comparable, weights, answers) < max(singles):
        weights, left_out_ndcg = np.eye(n_sources)[int(np.argmax(singles))], max(singles)
    gain = left_out_ndcg - max(singles)
    return Segment(transform=transform, weights=tuple(map(float, weights)), n_users=n_users, gain=gain)


def _mean_ndcg(comparable: Doubles, weights: Doubles, answers: Answers) -> float:
    return float(answers.ndcg(weighted(comparable, weights)).mean())


def _cross_fitted(
    scores: Floats, transform: Transform, answers: Answers, settings: BlendSettings
) -> tuple[Transform, Doubles, float]:
    """The mean of the weights learned without each fold, and the mean NDCG on the left-out users."""
    comparable = transformed(scores, transform, settings.rank_offset)
    n_folds = min(settings.n_folds, len(scores))
    folds = np.arange(len(scores)) % n_folds
    weights, values = [], np.zeros(len(scores))
    for fold in range(n_folds):
        left_out = folds == fold
        kept = ~left_out if n_folds > 1 else left_out
        weights.append(climb(comparable[kept], answers.take(kept)))
        values[left_out] = answers.take(left_out).ndcg(weighted(comparable[left_out], weights[-1]))
    return transform, np.mean(weights, axis=0), float(values.mean())
