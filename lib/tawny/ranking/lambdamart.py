"""LambdaMART: trees that improve the order of a shortlist, grown for NDCG by LightGBM.

Shapes: P pairs of a row and an item, R rows, F features, S sources.
"""

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from tawny.core.arrays import Counts, Doubles, Floats, Ints
from tawny.ranking.settings import LambdaMartSettings

# Grades of answers: more of them are merged by quantiles. LightGBM keeps the label of a pair as a small integer.
_MAX_GRADES = 15


class LambdaMart:
    """Boosted trees over the features of a pair; only the order of their sums within a row means something.

    Source: Burges, From RankNet to LambdaRank to LambdaMART (2010), section 7; by LightGBM (Ke et al. 2017). Made for some
    thousand rows, and some million pairs.
    """

    def __init__(self, trees: bytes) -> None:
        """`trees` is LightGBM's own text."""
        self.trees = trees
        self._booster = lightgbm.Booster(model_str=trees.decode())

    @classmethod
    def fit(
        cls,
        features: Floats,
        base: Doubles,
        gains: Doubles,
        n_items: Counts,
        names: Sequence[str],
        settings: LambdaMartSettings,
        seed: int,
    ) -> "LambdaMart":
        """Trees whose sum is added to scores that are there already; the same arguments give the same bytes.

        Args:
            features: float32 [P, F], the pairs of a row one after another.
            base: float64 [P], the scores that the trees improve, as logarithms of odds.
            gains: float64 [P], the value of the item to the row; 0 for an item that it did not take.
            n_items: int64 [R], pairs of each row.
            names: F names of the features.
            settings: of the trees.
            seed: of the features tried for a tree.
        """
        labels, values = grades(gains)
        params = {
            "objective": "lambdarank",
            "label_gain": [0.0, *values.tolist()],
            "lambdarank_truncation_level": settings.truncation,
            "learning_rate": settings.learning_rate,
            "num_leaves": settings.n_leaves,
            "min_data_in_leaf": settings.min_leaf,
            "lambda_l2": settings.l2,
            "feature_fraction": settings.feature_share,
            "num_threads": settings.n_threads,
            "seed": seed % 2**31,
            "deterministic": True,
            "force_row_wise": True,  # LightGBM would time both ways, and choose by the clock
            "verbose": -1,
        }
        pairs = lightgbm.Dataset(features, labels, init_score=base, group=n_items, feature_name=list(names), params=params)
        booster = lightgbm.train(params, pairs, settings.n_trees)
        return cls(booster.model_to_string().encode())

    def score(self, features: Floats) -> Doubles:
        """float64 [P], of features float32 [P, F]: what is added to the scores that the trees improve."""
        return np.asarray(self._booster.predict(features, num_threads=1), np.float64) if len(features) else np.empty(0)

    def contributions(self, features: Floats, groups: Ints, n_groups: int) -> Doubles:
        """float64 [P, S]: what the features of each group (int32 [F]; -1 for none) add to the score; may be negative.

        Source: Lundberg et al., From local explanations to global understanding with explainable AI for trees (2020).
        """
        if not len(features):
            return np.empty((0, n_groups))
        of_features = np.asarray(self._booster.predict(features, pred_contrib=True, num_threads=1))[:, :-1]  # last: the mean
        return np.asarray(of_features @ (groups[:, None] == np.arange(n_groups)), np.float64)


def grades(gains: Doubles) -> tuple[Ints, Doubles]:
    """Gains, float64 [P], as labels int32 [P] from 0, and the gain of the labels 1, 2, ...; the largest gain is 1.

    >>> grades(np.array([0.0, 3.0, 10.0, 3.0]))
    (array([0, 1, 2, 1], dtype=int32), array([0.3, 1. ]))
    """
    values: NDArray[Any] = np.unique(gains[gains > 0])
    if len(values) > _MAX_GRADES:
        values = np.unique(np.quantile(gains[gains > 0], np.linspace(0, 1, _MAX_GRADES), method="higher"))
    labels = np.where(gains > 0, np.searchsorted(values, gains) + 1, 0).astype(np.int32)
    return labels, values / values.max(initial=1e-300)
