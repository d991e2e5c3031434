"""Blend: one order from the lists of several sources, with weights learned on a validation window.

Shapes: U users, B users of a batch, M shortlisted items (padded), S sources, K list.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

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
        transforms: tried in turn; the best on validation is kept.
        rank_offset: c of `reciprocal_rank`, (c + 1) / (c + rank).
        doubt: a blend must beat the best single source by this many standard errors of the users' differences.
        max_users: this many validation users, evenly picked, are learned from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: PositiveInt = 10
    transforms: tuple[Transform, ...] = ("reciprocal_rank", "min_max")
    rank_offset: PositiveFloat = 10.0
    doubt: NonNegativeFloat = 1.0
    max_users: PositiveInt = 3000


class Segment(BaseModel):
    """How the lists of one kind of user are blended.

    Attributes:
        transform: what makes the scores of different sources comparable.
        weights: one per source, not negative, summing to 1.
        n_users: learned from.
        gain: the mean NDCG above that of the best single source, on those users.
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

    name = "blend"

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
        """The blend with the best mean NDCG@k on the given users; never below the best single source on them.

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
            step = max(1, -(-len(users) // settings.max_users))
            users = users[::step]
            kinds.append(_learn_segment(scores[users], is_relevant[users], n_relevant[users], settings))
        return cls(sources, kinds[0], kinds[1], settings)

    def blend_scores(self, scores: Floats, is_warm: Bools) -> Floats:
        """float32 [B, M] from the sources' scores, float32 [B, M, S]; -inf where no source listed the item."""
        blended = np.full(scores.shape[:2], -np.inf, np.float32)
        for segment, users in ((self.warm, is_warm), (self.cold, ~is_warm)):
            if users.any():
                comparable = transformed(scores[users], segment.transform, self.settings.rank_offset)
                blended[users] = weighted(comparable, np.asarray(segment.weights))
        blended[np.isnan(scores).all(axis=2)] = -np.inf
        return blended

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
    """The best blend over the transforms, or the best single source where the blend's gain is within its noise."""
    n_users, n_sources = len(scores), scores.shape[2]
    if n_users == 0:
        return Segment(transform=settings.transforms[0], weights=(1 / n_sources,) * n_sources)
    answers = Answers.of(is_relevant, n_relevant, settings.k)
    candidates = []
    for transform in settings.transforms:
        comparable = transformed(scores, transform, settings.rank_offset)
        for weights in [*np.eye(n_sources), climb(comparable, answers)]:
            candidates.append((transform, weights, answers.ndcg(weighted(comparable, weights))))
    best = max(candidates, key=lambda candidate: candidate[2].mean())
    single = max((c for c in candidates if c[1].max() == 1), key=lambda candidate: candidate[2].mean())
    gains = best[2] - single[2]
    noise = gains.std() / np.sqrt(n_users)
    chosen, gain = (best, gains.mean()) if gains.mean() > settings.doubt * noise else (single, 0.0)
    return Segment(transform=chosen[0], weights=tuple(map(float, chosen[1])), n_users=n_users, gain=float(gain))
