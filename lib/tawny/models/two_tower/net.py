"""The two towers in Keras, for training; model.py is the same function for serving.

Shapes: B examples, I items, C categories, D dimensions, L window, P poolings, F user features, M hidden.

Every step computes the item vectors of the whole catalog and then looks them up, so gradients of the item tower are dense
[I, D]. Measured at D = 64 with 53,000 lookups a step, on one core: the optimizer's step takes 9 ms dense and 13 ms sparse
at I = 3,400, 29 ms and 45 ms at 50,000 (Keras' Adam updates all rows in either case). Workers exchange 0.9 MB dense and
14 MB sparse at 3,400, 13 MB and 14 MB at 50,000; sparse gradients are sent without merging repeated rows.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np
from keras import ops

from tawny.core.arrays import Arrays, Floats
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.windows import PADDED, feature_gain, standardised

M = TypeVar("M")

_TEMPERATURES = (0.02, 0.5)
"""Least and most. Below, a step follows a few negatives only; above, cosines cannot tell items apart."""


class ItemTower(keras.layers.Layer):  # type: ignore[misc]  # keras is untyped
    """Item vectors of length one: an embedding per item plus a projection of the item's categories."""

    def __init__(self, n_items: int, n_categories: int, dim: int, seed: int) -> None:
        """I, C and D; the seed is of the initial weights."""
        super().__init__(name="item_tower")
        normal = keras.initializers.RandomNormal(stddev=dim**-0.5, seed=seed)
        self.embedding = self.add_weight(shape=(n_items, dim), initializer=normal, name="embedding")
        self.projection = self.add_weight(shape=(n_categories, dim), initializer="zeros", name="projection")

    def call(self, categories: Any) -> Any:
        """float32 [I, D]; `categories` is float32 [I, C], each row summing to 1, or to 0 without categories."""
        return normalised(self.embedding + ops.matmul(categories, self.projection))


class UserTower(keras.layers.Layer):  # type: ignore[misc]  # keras is untyped
    """User vectors of length one, from the window of the history and the features."""

    def __init__(self, settings: TwoTowerSettings, n_features: int, seed: int, *, is_ordered: bool) -> None:
        """`n_features` is F; the seed is of the initial weights; without order there are no position weights."""
        super().__init__(name="user_tower")
        p, d, m = settings.poolings, settings.dim, settings.hidden
        glorot = [keras.initializers.GlorotUniform(seed=seed + i) for i in range(2)]
        shape = (p, settings.window if is_ordered else 0)
        self.positions = self.add_weight(shape, _decays(p), trainable=is_ordered, name="positions")
        self.queries = self.add_weight(shape=(p, d), initializer="zeros", name="queries")
        self.hidden = self.add_weight(shape=(p * d + n_features, m), initializer=glorot[0], name="hidden")
        self.hidden_bias = self.add_weight(shape=(m,), initializer="zeros", name="hidden_bias")
        self.out = self.add_weight(shape=(m, d), initializer=glorot[1], name="out")
        self.out_bias = self.add_weight(shape=(d,), initializer="zeros", name="out_bias")

    def call(self, entries: Any, log_weights: Any, features: Any, dropout_mask: Any) -> Any:
        """float32 [B, D].

        Args:
            entries: float32 [B, L, D], item vectors of the window, the newest first.
            log_weights: float32 [B, L], `PADDED` where there is no entry.
            features: float32 [B, F], standardised.
            dropout_mask: float32 [B, M] or 1.0, what the hidden layer is multiplied by.
        """
        content = ops.einsum("pd,bld->bpl", self.queries, entries)
        positions = self.positions if self.positions.shape[1] else 0.0
        shares = ops.softmax(log_weights[:, None, :] + positions + content)
        shares *= ops.cast(log_weights[:, :1, None] > PADDED / 2, "float32")
        pooled = ops.matmul(shares, entries)
        flat = ops.concatenate([ops.reshape(pooled, (-1, self.hidden.shape[0] - features.shape[1])), features], axis=1)
        hidden = ops.relu(ops.matmul(flat, self.hidden) + self.hidden_bias) * dropout_mask
        return normalised(ops.mean(pooled, axis=1) + ops.matmul(hidden, self.out) + self.out_bias)


class TwoTowerNet(keras.Model):  # type: ignore[misc]  # keras is untyped
    """Both towers; exports and restores their weights as numpy arrays."""

    def __init__(
        self, settings: TwoTowerSettings, categories: Floats, features: Floats | None, seed: int, *, is_ordered: bool = True
    ) -> None:
        """`categories` float32 [I, C]; `features` float32 [U, F] or None, for the mean and gain of features."""
        super().__init__(name="two_tower")
        self.settings = settings
        n_features = 0 if features is None else features.shape[1]
        # Without users nothing is known of their features: they change nothing.
        known = np.zeros((1, n_features), np.float32) if features is None or len(features) == 0 else features
        self.feature_mean = known.mean(axis=0)
        self.feature_gain = feature_gain(known)
        self.categories = categories / np.maximum(categories.sum(axis=1, keepdims=True), 1)
        n_items, n_categories = categories.shape
        self.items = ItemTower(n_items, n_categories, settings.dim, seed)
        self.users = UserTower(settings, known.shape[1], seed + 1, is_ordered=is_ordered)
        at_first = keras.initializers.Constant(np.log(settings.temperature))
        self.log_temperature = self.add_weight(shape=(), initializer=at_first, name="log_temperature")

    def call(self, window: Any, log_weights: Any, features: Any, dropout_mask: Any = 1.0) -> tuple[Any, Any]:
        """User vectors float32 [B, D] and all item vectors float32 [I, D]; arguments as of `UserTower.call`.

        `window` is int32 [B, L], item indices.
        """
        item_vectors = self.items(self.categories)
        entries = ops.take(item_vectors, window, axis=0)
        return self.users(entries, log_weights, features, dropout_mask=dropout_mask), item_vectors

    @property
    def temperature(self) -> Any:
        """What the cosine of the two vectors is divided by before the softmax; a scalar tensor."""
        return ops.exp(ops.clip(self.log_temperature, *np.log(_TEMPERATURES)))

    def standardised(self, features: Floats | None) -> Floats | None:
        """Features float32 [U, F], standardised; None stays None."""
        return None if features is None else standardised(features, self.feature_mean, self.feature_gain)

    def weights_by_name(self) -> dict[str, Floats]:
        """Every trainable weight, by its path."""
        return {v.path: np.asarray(v.numpy(), np.float32) for v in self.trainable_variables}

    def set_weights_by_name(self, weights: Arrays) -> None:
        """Set all trainable weights to `weights_by_name()` of a net of the same shapes.

        Raises:
            KeyError: a weight is missing.
            ValueError: a shape differs.
        """
        for variable in self.trainable_variables:
            variable.assign(weights[variable.path])

    def to_model(self, model_class: Callable[..., M]) -> M:
        """The trained model, for serving; `model_class` is TwoTower."""
        user = {v.name: v.numpy() for v in self.users.variables}
        scales = {"feature_mean": self.feature_mean, "feature_gain": self.feature_gain}
        return model_class(self.settings, item_vectors=self.items(self.categories).numpy(), **user, **scales)


def normalised(vectors: Any) -> Any:
    """The vectors, float32 [.., D], scaled to length one; a zero vector stays zero, with finite gradients."""
    return vectors * ops.rsqrt(ops.maximum(ops.sum(vectors * vectors, axis=-1, keepdims=True), 1e-12))


def _decays(poolings: int) -> Any:
    """Initial position weights: from a plain mean to mostly the newest entry, so that the poolings start differently."""

    def initial(shape: tuple[int, int], dtype: str) -> Any:
        rates = np.concatenate([[0.0], np.geomspace(0.05, 1.0, poolings - 1)]) if poolings > 1 else np.array([0.05])
        return ops.convert_to_tensor(-rates[:, None] * np.arange(shape[1]), dtype)

    return initial
