"""Settings of ranking: how the ranker is learned, and which reasons a listed item gets."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from tawny.core.settings import Settings

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
    """What a list must be, and which reasons a listed item gets.

    Attributes:
        n_reasons: per listed item, at most; with 0 there are none.
        min_share: a source without a past item, or all past items together, is no reason below this share.
        believed_share: a past item that has no category in common with the listed item is a reason only from this share of
            the item's score on; otherwise the reason is what the item is popular in. A large share is no evidence: in a
            made shop all reasons across departments were chance, and a third of them had more than half of the score; on
            MovieLens 100K reasons with and without a common genre have the same shares. So by default next to no such item
            is named. Lower it where categories are so narrow that things that go together have none in common.
        max_per_category: items of one kind in a list, at most, as long as there are others; an item's kind is the smallest
            of its categories. Without it there is no such rule. `evaluations_v2` then has the lists without the rule, too
            (subject `before_policy`), so the report shows what it costs.
    """

    n_reasons: NonNegativeInt = 3
    min_share: float = Field(0.1, ge=0.0, le=1.0)
    believed_share: float = Field(1.0, ge=0.0)
    max_per_category: PositiveInt | None = None
