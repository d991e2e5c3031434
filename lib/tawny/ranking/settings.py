"""Settings of ranking: how the blend is learned, and which reasons a listed item gets."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from tawny.core.config import Settings

Transform = Literal["reciprocal_rank", "min_max"]
"""What makes the scores of different sources comparable."""


class BlendSettings(Settings):
    """How the blend of the sources is learned.

    Attributes:
        k: of the NDCG that is maximised.
        transforms: the options; the best is kept.
        rank_offset: c of `reciprocal_rank`, (c + 1) / (c + rank).
        n_folds: folds of users for cross-fitting: weights are learned without each fold, validated on it, and averaged.
        max_users: validation users of each kind (with and without a history), at most.
    """

    k: PositiveInt = 10
    transforms: tuple[Transform, ...] = Field(("reciprocal_rank", "min_max"), min_length=1)
    rank_offset: PositiveFloat = 10.0
    n_folds: PositiveInt = 5
    max_users: PositiveInt = 3000


class RankSettings(Settings):
    """Which reasons a listed item gets.

    Attributes:
        n_reasons: per listed item, at most; with 0 there are none.
        min_share: a source without a past item, or all past items together, is no reason below this share.
    """

    n_reasons: NonNegativeInt = 3
    min_share: float = Field(0.1, ge=0.0, le=1.0)
