"""A synthetic world for training: items lie on rings, and whoever took an item takes the next one of its ring."""

from pathlib import Path
from typing import Any

import numpy as np

from tawny.core.arrays import Arrays, Floats, Histories, Ragged
from tawny.core.columns import Fold
from tawny.evaluation.validate import ValidationSample
from tawny.models.two_tower.data import TwoTowerData
from tawny.models.two_tower.model import TwoTower
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.train import Trained, train
from tawny.training.folders import TrainingFolders
from tawny.training.workers import Workers

N_ITEMS, RING, LENGTH = 60, 12, 8

SETTINGS = TwoTowerSettings(
    dim=16,
    window=8,
    poolings=2,
    hidden=16,
    learning_rate=0.01,
    global_batch=128,
    uniform_negatives=32,
    min_steps=39,
    max_steps=39,
    validate_every_steps=13,
    refit_share=0.4,
    few_rows=100,
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
    answers = Ragged(np.arange(n_users + 1), walks[:, -1].astype(np.int32))
    return TwoTowerData(users, categories, ValidationSample(users, Ragged(indptr, items), answers))


def one_feature(n_users: int) -> Floats:
    """float32 [U, 1]: something that says nothing."""
    return (np.arange(n_users, dtype=np.float32) % 7)[:, None]


class PowerCutError(Exception):
    """Stands for a power cut."""


def run(
    folder: Path,
    data: TwoTowerData | None = None,
    *,
    fold: Fold = "validation",
    settings: TwoTowerSettings = SETTINGS,
    workers: Workers | None = None,
    **more: Any,
) -> Trained[TwoTower]:
    """One training, with its checkpoints below the folder."""
    workers = workers or Workers()
    with TrainingFolders(folder, "run", is_writer=workers.is_writer) as folders:
        return train(TwoTower, data or ring_world(), settings, workers, folders=folders, fold=fold, seed=5, **more)


def assert_equal(a: Arrays, b: Arrays) -> None:
    """The same names and the same bits."""
    assert sorted(a) == sorted(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
