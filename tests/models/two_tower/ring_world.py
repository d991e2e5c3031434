"""A made world for training: items lie on rings, and whoever took an item takes the next one of its ring."""

import numpy as np

from tawny.metrics.hits import Relevant
from tawny.models.base import Histories
from tawny.models.two_tower import TwoTowerConfig
from tawny.training.two_tower import TwoTowerData
from tawny.training.validation import HeldOut

N_ITEMS, RING, LENGTH = 60, 12, 8

CONFIG = TwoTowerConfig(
    dim=16,
    window=8,
    poolings=2,
    hidden=16,
    learning_rate=0.01,
    global_batch=128,
    negatives_group=32,
    uniform_negatives=32,
    max_epochs=3,
    patience=3,
    checkpoint_every_steps=4,
)


def ring_world(n_users: int = 200) -> TwoTowerData:
    """Every user walks along a ring, from a place drawn at random; held out is where the next step leads."""
    rng = np.random.default_rng(0)
    ring, place = rng.integers(0, N_ITEMS // RING, n_users), rng.integers(0, RING, n_users)
    walks = ring[:, None] * RING + (place[:, None] + np.arange(LENGTH + 1)) % RING
    n = n_users * LENGTH
    indptr = np.arange(0, n + 1, LENGTH)
    items = walks[:, :-1].ravel().astype(np.int32)
    users = Histories(indptr, items, np.ones(n, np.float32), np.zeros(n, np.float32), one_feature(n_users))
    categories = np.eye(N_ITEMS // RING, dtype=np.float32)[np.arange(N_ITEMS) // RING]
    return TwoTowerData(users, categories, HeldOut(users, Relevant(np.arange(n_users + 1), walks[:, -1].astype(np.int32))))


def one_feature(n_users: int) -> np.ndarray:
    """float32 [U, 1]: something that says nothing."""
    return (np.arange(n_users, dtype=np.float32) % 7)[:, None]
