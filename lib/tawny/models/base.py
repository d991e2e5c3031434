"""What a model is: item-side arrays, and scores that depend only on a user's history and features.

Shapes: U users of a batch, I items of the catalog, N history entries of the batch, K list, D dimensions.

A model holds nothing per user. So its size grows with the catalog and not with the number of users, it can be broadcast to
every Spark task, and a new user is scored by the same call as any other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Self

import numba
import numpy as np
from scipy import sparse

from tawny.core.arrays import Arrays, Floats, Histories, Ints
from tawny.core.settings import Settings

ReasonKind = Literal["exact", "approximate", "none"]


class Model(ABC):
    """A fitted model: settings and arrays, and nothing else; these are saved, loaded and hashed.

    The constructor takes the arrays by the names that `arrays` gives them, and `settings`. What a model can do is declared
    in its class; the contract test (tests/models/test_contract.py) checks every model against its declarations.

    Attributes:
        name: the name of its folder.
        settings_class: in the folder's settings.py.
        knows_cold_items: it scores items that nobody took before the cutoff; the scores of other models are -inf there.
        has_signed_scores: its scores and contributions may be below zero.
        reasons: `exact`: a user's contributions add up to the score; `approximate`: a larger contribution matters more;
            `none`: all are zero, as the score does not depend on the user.
        lists_own_items: it scores the items of the user's own history and no others, for lists that may hold them again.
        needs_user_features: `Histories.features` changes its scores, so jobs must read them.
        settings: those it was fitted with, of `settings_class`.
    """

    name: ClassVar[str]
    settings_class: ClassVar[type[Settings]]
    knows_cold_items: ClassVar[bool] = False
    has_signed_scores: ClassVar[bool] = False
    reasons: ClassVar[ReasonKind] = "exact"
    lists_own_items: ClassVar[bool] = False
    needs_user_features: ClassVar[bool] = False

    settings: Any

    @classmethod
    @abstractmethod
    def fit(cls, users: Histories, n_items: int, settings: Any, rng: np.random.Generator) -> Self:
        """The model from the histories of all users, in one process; for samples of users and for tests.

        Args:
            users: the histories to learn from.
            n_items: I.
            settings: of `settings_class`.
            rng: the only source of randomness.
        """

    @abstractmethod
    def score(self, users: Histories) -> Floats:
        """float32 [U, I], higher is better; -inf for an item that the model cannot score."""

    def score_items(self, users: Histories, items: Ints) -> Floats:
        """float32 [U, K]: the scores of the given items, int32 [U, K]; NaN for the padding -1, and where there is no score.

        A model overrides it where a few items cost much less than all of them. The bits of a score may not depend on who
        else is in the batch: the trees of the ranker split at exact values.
        """
        return gathered(self.score(users), items)

    @abstractmethod
    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: how much each history entry adds to the score of its user's items, int32 [U, K].

        Comparable within one (user, item); 0 for the padding -1.
        """

    @abstractmethod
    def arrays(self) -> Arrays:
        """The model's arrays, by the constructor's argument names."""

    def config(self) -> dict[str, Any]:
        """The settings, JSON-serialisable."""
        return self.settings.model_dump(mode="json")  # type: ignore[no-any-return]

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The model that `config()` and `arrays()` came from."""
        construct: Callable[..., Self] = cls
        return construct(**arrays, settings=cls.settings_class(**config))


def history_matrix(users: Histories, n_items: int) -> sparse.csr_array:
    """float32 [U, I]: the summed weights of every user's items."""
    matrix = sparse.csr_array((users.weights, users.items, users.indptr), shape=(users.n_users, n_items))
    matrix = matrix.copy()
    matrix.sum_duplicates()
    return matrix


def gathered(scores: Floats, items: Ints) -> Floats:
    """float32 [U, K]: of scores, float32 [U, I], those of `items`, int32 [U, K]; NaN for -inf and for the padding -1.

    >>> gathered(np.array([[1, -np.inf, 3]], np.float32), np.array([[2, 1, -1]], np.int32))
    array([[ 3., nan, nan]], dtype=float32)
    """
    found = np.take_along_axis(scores, np.maximum(items, 0), axis=1)
    return np.where((items >= 0) & np.isfinite(found), found, np.float32(np.nan))


@numba.njit(cache=True)
def products(vectors: Floats, item_vectors: Floats, items: Ints) -> Floats:
    """float32 [U, K]: each user's vector, [U, D], times those of the user's `items`, int32 [U, K], of [I, D]; NaN for -1.

    Each product is summed alone and in order, so its bits do not depend on the batch, as those of a matrix product do.
    """
    result = np.full(items.shape, np.nan, np.float32)
    for user in range(items.shape[0]):
        for place in range(items.shape[1]):
            item = items[user, place]
            if item >= 0:
                total = 0.0
                for d in range(vectors.shape[1]):
                    total += vectors[user, d] * item_vectors[item, d]
                result[user, place] = total
    return result
