"""Two towers: a user's vector, made from the recent history, and item vectors; the score is their product.

Shapes: U users, I items, N history entries of the batch, K list, D dimensions, L window, P poolings, F user features,
M hidden units.

What is served is numpy: the item tower is already applied (`item_vectors`), and the user tower is four small products, so
that a Spark task needs no TensorFlow. `two_tower_net.py` is the same function in Keras, for training; a test holds the two
together to 1e-5.

Source: Covington et al., "Deep Neural Networks for YouTube Recommendations" (RecSys 2016), section 3: an averaged history
under a feed-forward user tower. Here the average is taken P times with learned weights of position and content, as one
average cannot hold both the last item and the long taste. Made for catalogues up to some 50,000 items.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt

from tawny.models.base import Arrays, Floats, Histories, Ints, Model

PADDED = np.float32(-1e9)
"""The log-weight of a place in the window that holds no entry."""

SERVED = (
    "item_vectors",
    "positions",
    "queries",
    "hidden",
    "hidden_bias",
    "out",
    "out_bias",
    "feature_mean",
    "feature_scale",
)
"""The arrays of a served model; see `TwoTower`."""


class TwoTowerConfig(BaseModel):
    """Settings of the model and of its training.

    Attributes:
        dim: D.
        window: L, how many of the newest entries the user tower sees.
        poolings: P.
        hidden: M, width of the user tower's hidden layer.
        temperature: the cosine of the two vectors is divided by it before the softmax. With 0.2 and a dropout of 0.5,
            NDCG@10 went from 0.149 to 0.164 on MovieLens 100K cut by time (109 users, one seed), but from 0.177 to 0.132 on
            MovieLens 1M with the last item left out: higher only for small or drifting data.
        dropout_share: of the hidden layer's units, in training.
        learning_rate: of Adam.
        weight_decay: decoupled, per step, relative to the learning rate.
        global_batch: examples per step over all workers; a multiple of negatives_group.
        negatives_group: examples that are each other's negatives; independent of the number of workers.
        uniform_negatives: further items, drawn uniformly from the catalogue, per group.
        max_epochs: where early stopping is possible, the most epochs.
        patience: epochs without a better NDCG@10 before training stops.
        refit_epochs: epochs where nothing is held out; few, as it starts from the validation fold's weights.
        max_validation_users: more are thinned out evenly.
        checkpoint_every_steps: also at the end of every epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim: PositiveInt = 64
    window: PositiveInt = 50
    poolings: PositiveInt = 4
    hidden: PositiveInt = 128
    temperature: PositiveFloat = 0.1
    dropout_share: float = Field(0.2, ge=0.0, lt=1.0)
    learning_rate: PositiveFloat = 0.002
    weight_decay: float = Field(0.0, ge=0.0)
    global_batch: PositiveInt = 1024
    negatives_group: PositiveInt = 512
    uniform_negatives: NonNegativeInt = 512
    max_epochs: PositiveInt = 6
    patience: PositiveInt = 2
    refit_epochs: PositiveInt = 1
    max_validation_users: PositiveInt = 5000
    checkpoint_every_steps: PositiveInt = 500


def windows(users: Histories, starts: NDArray[np.int64], ends: NDArray[np.int64], length: int) -> tuple[Ints, Floats]:
    """The newest `length` entries of each range `[start, end)` of the batch's entries, the newest first.

    Args:
        users: the batch.
        starts, ends: int64 [R], one range per row; it may be empty.
        length: L.

    Returns:
        items int32 [R, L], 0 where there is no entry; log-weights float32 [R, L], `PADDED` there.
    """
    entries = ends[:, None] - 1 - np.arange(length)
    present = entries >= starts[:, None]
    entries = np.where(present, entries, 0)
    if len(users.items) == 0:
        return np.zeros(present.shape, np.int32), np.full(present.shape, PADDED)
    items = np.where(present, users.items[entries], np.int32(0))
    weights = np.where(present, users.weights[entries], np.float32(1))
    return items, np.where(present, np.log(weights), PADDED)


class TwoTower(Model):
    """Cosine of a user's and an item's vector.

    A user without history is scored by the features alone; without features either, every item is -inf: the model has
    nothing to say, and popularity serves this user.

    Arrays: item_vectors [I, D] of length one; positions [P, L] and queries [P, D], which weigh the entries of the window
    in each pooling; hidden [P * D + F, M], hidden_bias [M], out [M, D], out_bias [D]; feature_mean and feature_scale [F],
    by which features are standardised (a missing row is the mean). All float32.
    """

    name = "two_tower"
    uses_user_features = True

    def __init__(self, arrays: Arrays, settings: TwoTowerConfig) -> None:
        """`arrays` as listed above."""
        self._arrays = {key: np.asarray(arrays[key], np.float32) for key in SERVED}
        self.settings = settings

    @property
    def item_vectors(self) -> Floats:
        """float32 [I, D], each of length one."""
        return self._arrays["item_vectors"]

    def score(self, users: Histories) -> Floats:
        """float32 [U, I], in [-1, 1]; -inf for a user with neither history nor features."""
        scores = self.user_vectors(users) @ self.item_vectors.T
        if users.features is None or self._n_features == 0:
            scores[np.diff(users.indptr) == 0] = -np.inf
        return scores

    def user_vectors(self, users: Histories) -> Floats:
        """float32 [U, D], each of length one."""
        items, log_weights = windows(users, users.indptr[:-1], users.indptr[1:], self.settings.window)
        entries = self.item_vectors[items]
        pooled = self._shares(entries, log_weights) @ entries
        a = self._arrays
        flat = np.concatenate([pooled.reshape(users.n_users, -1), self._standardised(users)], axis=1)
        hidden = np.maximum(flat @ a["hidden"] + a["hidden_bias"], 0)
        vectors = pooled.mean(axis=1) + hidden @ a["out"] + a["out_bias"]
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), np.float32)

    def contributions(self, users: Histories, items: Ints) -> Floats:
        """float32 [N, K]: an entry's mean share of the poolings times its vector's product with the item's, at least 0.

        That is what the entry adds along the path from pooling to score that bypasses the hidden layer. Entries older than
        the window add nothing, and nothing adds to the padding -1.
        """
        window, log_weights = windows(users, users.indptr[:-1], users.indptr[1:], self.settings.window)
        entries = self.item_vectors[window]
        shares = self._shares(entries, log_weights).mean(axis=1)
        listed = self.item_vectors[items] * (items >= 0)[:, :, None]
        added = (shares[:, :, None] * entries) @ listed.transpose(0, 2, 1)
        place = users.from_end
        seen = place < self.settings.window
        parts = np.zeros((len(users.items), items.shape[1]), np.float32)
        parts[seen] = np.maximum(added[users.rows[seen], place[seen]], 0)
        return parts

    def arrays(self) -> Arrays:
        """The arrays listed above."""
        return dict(self._arrays)

    def config(self) -> dict[str, Any]:
        """The settings."""
        return self.settings.model_dump(mode="json")

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The model that `config()` and `arrays()` came from."""
        return cls(arrays, TwoTowerConfig(**config))

    @property
    def _n_features(self) -> int:
        return len(self._arrays["feature_mean"])

    def _standardised(self, users: Histories) -> Floats:
        if users.features is None:
            return np.zeros((users.n_users, self._n_features), np.float32)
        return (users.features - self._arrays["feature_mean"]) / self._arrays["feature_scale"]

    def _shares(self, entries: Floats, log_weights: Floats) -> Floats:
        """float32 [U, P, L]: the share of each place of the window in each pooling; all zero without history."""
        content = self._arrays["queries"] @ entries.transpose(0, 2, 1)
        logits = log_weights[:, None, :] + self._arrays["positions"] + content
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        has_history = log_weights[:, :1, None] > PADDED / 2
        return np.asarray(powers / powers.sum(axis=2, keepdims=True) * has_history, np.float32)
