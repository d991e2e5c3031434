"""Promises 8 and 9: N workers train to the same result as one, and a killed training resumes where it was."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tawny.core.errors import StaleInputError
from tawny.models.base import Arrays
from tawny.training.checkpoint import Progress
from tawny.training.launch import launch
from tawny.training.two_tower import Trained, TwoTowerData, train
from tawny.training.workers import Workers, current

sys.path.insert(0, str(Path(__file__).parent))
from ring_world import CONFIG, ring_world

HERE = Path(__file__).parent


class PowerCutError(Exception):
    """Stands for a power cut."""


def run(folder: Path, data: TwoTowerData | None = None, **more: object) -> Trained:
    return train(data or ring_world(), CONFIG, Workers(), checkpoint_dir=folder, log_dir=folder / "logs", seed=5, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return run(tmp_path_factory.mktemp("alone"))


def test_training_finds_the_next_item_of_the_ring(alone: Trained) -> None:
    # A list of 10 in any order over 60 items would have a recall of 0.17; the right order of a ring gives nearly 1.
    assert alone.records[-1]["recall"] > 0.8
    assert alone.records[-1]["train_loss"] < alone.records[0]["train_loss"]
    assert "horovod" not in sys.modules


def test_training_again_gives_the_same_weights(alone: Trained, tmp_path: Path) -> None:
    assert_equal(run(tmp_path).weights, alone.weights)


@pytest.mark.parametrize("step", [3, 6, 17])
def test_killed_training_resumes_to_the_undisturbed_result(alone: Trained, tmp_path: Path, step: int) -> None:
    done = []

    def kill(progress: Progress) -> None:
        done.append((progress.epoch, progress.step))
        if len(done) == step:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        run(tmp_path, on_step=kill)
    resumed = []
    trained = run(tmp_path, on_step=lambda progress: resumed.append((progress.epoch, progress.step)))
    # The world has 13 steps an epoch and checkpoints at every fourth and at the end.
    first = {3: (0, 1), 6: (0, 5), 17: (1, 5)}[step]
    assert resumed[0] == first
    assert_equal(trained.weights, alone.weights)
    assert [r["train_loss"] for r in trained.records] == pytest.approx([r["train_loss"] for r in alone.records], rel=1e-9)


def test_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first = run(tmp_path)
    steps: list[Progress] = []
    assert_equal(run(tmp_path, on_step=steps.append).weights, first.weights)
    assert steps == []


def test_checkpoint_of_another_seed_is_refused(tmp_path: Path) -> None:
    run(tmp_path, replace(ring_world(40), held_out=None))
    with pytest.raises(StaleInputError, match="only from its own checkpoint"):
        run(tmp_path, replace(ring_world(41), held_out=None))


def test_fold_without_held_out_data_starts_from_given_weights(alone: Trained, tmp_path: Path) -> None:
    trained = run(tmp_path, replace(ring_world(), held_out=None), start=alone.weights)
    assert len(trained.records) == CONFIG.refit_epochs
    assert trained.records[0]["train_loss"] < alone.records[0]["train_loss"]


def test_early_stopping_puts_the_best_epoch_back(tmp_path: Path) -> None:
    patient = CONFIG.model_copy(update={"max_epochs": 30, "patience": 2, "learning_rate": 0.05})
    trained = train(ring_world(), patient, Workers(), checkpoint_dir=tmp_path, log_dir=tmp_path, seed=5)
    values = [record["ndcg"] for record in trained.records]
    assert trained.best_epoch == int(np.argmax(values))
    assert len(values) == min(30, trained.best_epoch + 1 + 2)


def test_one_worker_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOROVOD_SIZE", "1")
    workers = current()
    assert (workers.rank, workers.size, workers.is_writer) == (0, 1, True)


@pytest.mark.horovod
def test_two_workers_train_to_the_same_result_as_one(alone: Trained, tmp_path: Path) -> None:
    launch([str(HERE / "train_ring_world.py"), str(tmp_path)], n_workers=2)
    reports = [json.loads((tmp_path / f"report_{rank}.json").read_text()) for rank in range(2)]
    assert [report["size"] for report in reports] == [2, 2]
    for report in reports:
        for key in ("train_loss", "loss", "ndcg", "recall"):
            assert [r[key] for r in report["records"]] == pytest.approx([r[key] for r in alone.records], rel=1e-3)
    weights = [dict(np.load(tmp_path / f"weights_{rank}.npz")) for rank in range(2)]
    assert_equal(weights[0], weights[1])
    assert (tmp_path / "two_tower.npz").exists()


def assert_equal(a: Arrays, b: Arrays) -> None:
    assert sorted(a) == sorted(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
