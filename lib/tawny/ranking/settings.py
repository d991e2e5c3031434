"""Settings of ranking: how the ranker is learned, and which reasons a listed item gets."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from tawny.core.config import Settings

Transform = Literal["reciprocal_rank", "standardised"]
"""What makes the scores of different sources comparable."""


class LambdaMartSettings(Settings):
    """The trees of LambdaMART, and what they are grown from. They are added to a blend, so they are small.

    Attributes:
        n_trees: trees.
        learning_rate: the share of each tree's values that is added.
        n_leaves: of a tree, at most.
        min_leaf: (row, item) pairs in a leaf, at least.
        l2: added to the denominator of a leaf's value, so that small leaves say little.
        feature_share: of the features, tried for each tree.
        truncation: pairs of items are compared where one of them is this high in the list.
        max_pairs: (row, item) pairs that trees are grown from; above it, items that are no answer are sampled.
        n_threads: of the training; another number adds in another order, and gives other last digits. On a machine that has
            other work, threads that wait for each other take much longer than one.
    """

    n_trees: PositiveInt = 100
    learning_rate: PositiveFloat = 0.07
    n_leaves: PositiveInt = Field(7, ge=2)
    min_leaf: PositiveInt = 200
    l2: NonNegativeFloat = 20.0
    feature_share: float = Field(0.6, gt=0.0, le=1.0)
    truncation: PositiveInt = 30
    max_pairs: PositiveInt = 400_000
    n_threads: PositiveInt = 1


class RankerSettings(Settings):
    """How the ranker is learned.

    Attributes:
        k: of the NDCG that decides.
        transforms: those that a blend may use.
        rank_offset: c of `reciprocal_rank`, (c + 1) / (c + rank).
        shrinkages: shares of a blend's weights that may be taken from the best single source, or from equal weights.
        n_folds: folds of users for cross-fitting: what is learned without a fold is judged on it.
        min_users: a segment with fewer users takes what was chosen for all users with a history; without one, popularity.
        min_rows: with fewer validation rows LambdaMART is not tried.
        max_rows: validation rows with, and without, a history, at most.
        lambdamart: the trees.
    """

    k: PositiveInt = 10
    transforms: tuple[Transform, ...] = Field(("reciprocal_rank", "standardised"), min_length=1)
    rank_offset: PositiveFloat = 10.0
    shrinkages: tuple[float, ...] = (0.25, 0.5, 0.75)
    n_folds: PositiveInt = Field(5, ge=2)
    min_users: PositiveInt = 50
    min_rows: PositiveInt = 2_000
    max_rows: PositiveInt = 6_000
    lambdamart: LambdaMartSettings = LambdaMartSettings()


class RankSettings(Settings):
    """Which reasons a listed item gets.

    Attributes:
        n_reasons: per listed item, at most; with 0 there are none.
        min_share: a source without a past item, or all past items together, is no reason below this share.
    """

    n_reasons: NonNegativeInt = 3
    min_share: float = Field(0.1, ge=0.0, le=1.0)
