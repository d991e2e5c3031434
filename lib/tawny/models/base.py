"""What a model is: item-side arrays, and scores that depend on nothing but a user's history.

Shapes: U users of a batch, I items of the catalogue, N history entries of the batch, K list, D dimensions, F user features.

Because a model holds nothing per user, it is as large as the catalogue and not as the user base; it can be broadcast to
every Spark task; and a user who arrived this morning is served by the same call as one of ten years.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Histories:
    """The histories of a batch of users, as one compressed table: user u owns entries `indptr[u]:indptr[u + 1]`.

    Entries are ordered from the oldest to the newest. A user without any history has an empty range.

    Attributes:
        indptr: int64 [U + 1].
        items: int32 [N], indices into the catalogue.
        weights: float32 [N], positive; the event type's weight, decayed as the features job says.
        ages_days: float32 [N], days from the entry to the cutoff, not negative.
        features: float32 [U, F] of `user_features_v1`, or None where the model does not use them.
    """

    indptr: NDArray[np.int64]
    items: Ints
    weights: Floats
    ages_days: Floats
    features: Floats | None = None

    @property
    def n_users(self) -> int:
        """U."""
        return len(self.indptr) - 1

    @property
    def rows(self) -> NDArray[np.int64]:
        """int64 [N]: the batch row that each entry belongs to."""
        return np.repeat(np.arange(self.n_users), np.diff(self.indptr))

    @property
    def from_end(self) -> NDArray[np.int64]:
        """int64 [N]: how many entries of the same user are newer (0 for the newest)."""
        return np.repeat(self.indptr[1:], np.diff(self.indptr)) - 1 - np.arange(len(self.items))

    def take(self, users: NDArray[np.integer[Any]]) -> "Histories":
        """The histories of the given batch rows, int [M], in that order."""
        lengths = np.diff(self.indptr)[users]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        entries = np.repeat(self.indptr[:-1][users] - indptr[:-1], lengths) + np.arange(indptr[-1])
        features = None if self.features is None else self.features[users]
        return Histories(indptr, self.items[entries], self.weights[entries], self.ages_days[entries], features)


class Model(ABC):
    """A fitted model. `arrays` and `config` are all of it: what is saved, loaded and hashed.

    A subclass is a frozen dataclass-like object built by its own `fit` (or by a Spark stage in tawny.fitting from counts),
    names itself, and never looks at a user id.
    """

    name: ClassVar[str]
    uses_user_features: ClassVar[bool] = False

    @abstractmethod
    def score(self, users: Histories) -> Floats:
        """float32 [U, I], higher is better; -inf where the model has nothing to say of an item."""

    @abstractmethod
    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: how much each history entry adds to the score of its user's items, int32 [U, K].

        Non-negative entries are comparable within one (user, item); zero everywhere means the item is not
        recommended because of anything this user did (popularity).
        """

    @abstractmethod
    def arrays(self) -> Arrays:
        """The arrays that are the model, by name."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """The settings that are the model, JSON-serialisable."""

    @classmethod
    @abstractmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The model that `config()` and `arrays()` came from."""
