"""The worked example of docs/deep_model.md keeps the contract of all models, and N workers train it to the same result."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tawny.core.arrays import Ragged
from tawny.evaluation.validate import ValidationSample
from tawny.models.registry import model_class
from tawny.runner.horovod import launch
from tawny.testing import model_contract
from tawny.testing.worlds import World, chains
from tawny.training.workers import Workers

# Run by every worker: the package's path, a folder for the checkpoint, a folder for the arrays.
TRAIN = """
import sys
from pathlib import Path

import numpy as np

import tawny.models

tawny.models.__path__.append(sys.argv[1])

from tawny.models.average.model import Average
from tawny.models.average.train import train
from tawny.testing.worlds import chains
from tawny.training.workers import current

world, here, folder = chains(np.random.default_rng(7)), current(), Path(sys.argv[2])
settings = Average.settings_class(max_steps=34)
model = train(Average, world.users, world.n_items, settings, here, folder, seed=5)
np.savez(folder / f"arrays_{here.rank}.npz", **model.arrays())
"""


class PowerCutError(Exception):
    """Stands for a kill."""


@pytest.fixture
def train(write_files: Callable[[str], set[str]]) -> ModuleType:
    """The page's train.py."""
    assert {path.rpartition("/")[2] for path in write_files("deep_model.md")} == {
        "__init__.py", "settings.py", "model.py", "net.py", "train.py",
    }  # fmt: skip
    return importlib.import_module("tawny.models.average.train")


@pytest.fixture
def world() -> World:
    return chains(np.random.default_rng(7))


def _train(train: ModuleType, world: World, folder: Path, held_out: ValidationSample | None = None) -> Any:
    average = model_class("average")
    settings = average.settings_class(max_steps=34)  # type: ignore[call-arg]
    return train.train(average, world.users, world.n_items, settings, Workers(), folder, 5, held_out)


def test_the_model_keeps_the_contract_of_all_models(train: ModuleType) -> None:
    model_contract.check(model_class("average"))


def test_net_and_model_are_the_same_function(train: ModuleType) -> None:
    from tawny.models.average.net import AverageNet  # type: ignore[import-not-found]

    net = AverageNet(5, 3, seed=1)
    average = model_class("average")
    model = average.restore(average.settings_class(dim=3).model_dump(), {"item_vectors": net.items.numpy()})  # type: ignore[call-arg]
    window = np.array([[4, 2], [1, -1]], np.int32)
    histories = Ragged.from_padded(window[:, ::-1], window[:, ::-1] >= 0)
    users = chains(np.random.default_rng(7), n_users=2).users.take(np.array([], np.int64))
    users = type(users)(histories.indptr, histories.values, np.ones(3, np.float32), np.ones(3, np.float32))
    np.testing.assert_allclose(model.score(users), net(window), rtol=1e-5, atol=1e-6)


def test_a_killed_training_goes_on_to_the_same_weights(
    train: ModuleType, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _train(train, world, tmp_path / "whole")
    step = train.AverageTraining.batch

    def batch(self: Any, number: int) -> Any:
        if number == 23:
            raise PowerCutError
        return step(self, number)

    with monkeypatch.context() as patched, pytest.raises(PowerCutError):
        patched.setattr(train.AverageTraining, "batch", batch)
        _train(train, world, tmp_path / "killed")
    np.testing.assert_array_equal(_train(train, world, tmp_path / "killed").item_vectors, whole.item_vectors)


def test_held_out_users_stop_the_training(train: ModuleType, world: World, tmp_path: Path) -> None:
    seen = Ragged(world.users.indptr, world.users.items)
    answers = Ragged(np.arange(world.users.n_users + 1), world.withheld.astype(np.int32))
    model = _train(train, world, tmp_path, ValidationSample(world.users, seen, answers))
    assert model_contract.hit_share(model, world, 5) > 0.3


@pytest.mark.horovod
def test_two_workers_train_to_the_same_result_as_one(train: ModuleType, world: World, tmp_path: Path) -> None:
    script = tmp_path / "train_small_world.py"
    script.write_text(TRAIN)
    launch([str(script), str(tmp_path / "lib" / "tawny" / "models"), str(tmp_path)], n_workers=2)
    first, second = (np.load(tmp_path / f"arrays_{rank}.npz")["item_vectors"] for rank in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, _train(train, world, tmp_path / "one").item_vectors, rtol=1e-3, atol=1e-4)
    assert sys.modules.get("horovod") is None
