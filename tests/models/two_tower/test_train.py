"""Promises 8 and 9: N workers train to the same result as one, and a killed training resumes where it was."""

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tawny.core.arrays import Doubles, Ragged
from tawny.core.columns import Fold
from tawny.core.errors import ConfigError
from tawny.evaluation.validate import HALF_BIT, ValidationSample
from tawny.models.two_tower.data import TwoTowerData
from tawny.models.two_tower.model import TwoTower
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.train import Start, Trained, budget, stopping_rows, train_alone, train_every_fold
from tawny.models.two_tower.validation import validation_metrics
from tawny.runner.horovod import launch
from tawny.testing.worlds import histories
from tawny.training.checkpoint import Progress
from tawny.training.folders import TrainingFolders
from tawny.training.workers import Workers, current

sys.path.insert(0, str(Path(__file__).parent))
from ring_world import LENGTH, N_ITEMS, SETTINGS, PowerCutError, assert_equal, ring_world, run

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Trained[TwoTower]:
    trained: Trained[TwoTower] = run(tmp_path_factory.mktemp("alone"))
    return trained


def test_training_finds_the_next_item_of_the_ring(alone: Trained[TwoTower]) -> None:
    # A list of 10 in any order over 60 items would have a recall of 0.17; the right order of a ring gives nearly 1.
    assert alone.records[-1]["recall"] > 0.8
    assert alone.records[-1]["train_loss"] < alone.records[0]["train_loss"]
    assert "horovod" not in sys.modules


def test_training_again_gives_the_same_weights(alone: Trained[TwoTower], tmp_path: Path) -> None:
    assert_equal(run(tmp_path).weights, alone.weights)


@pytest.mark.parametrize("step", [3, 6, 15, 17, 18])
def test_killed_training_resumes_to_the_undisturbed_result(alone: Trained[TwoTower], tmp_path: Path, step: int) -> None:
    def kill(progress: Progress) -> None:
        if progress.step == step:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        run(tmp_path, on_step=kill)
    resumed: list[int] = []
    trained = run(tmp_path, on_step=lambda progress: resumed.append(progress.step))
    # A round has 13 steps; there are checkpoints at every fourth step and at the end of a round.
    assert resumed[0] == {3: 1, 6: 5, 15: 14, 17: 17, 18: 17}[step]
    assert_equal(trained.weights, alone.weights)
    assert [r["train_loss"] for r in trained.records] == pytest.approx([r["train_loss"] for r in alone.records], rel=1e-9)


def test_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first = run(tmp_path)
    steps: list[Progress] = []
    assert_equal(run(tmp_path, on_step=steps.append).weights, first.weights)
    assert steps == []


def start_of(trained: Trained[TwoTower]) -> Start:
    return Start(trained.weights, trained.best_step, trained.n_examples)


def test_fold_without_held_out_data_starts_from_given_weights(alone: Trained[TwoTower], tmp_path: Path) -> None:
    trained = run(tmp_path, replace(ring_world(100), held_out=None), start=start_of(alone))
    # 0.4 of the steps to the best round, for half the examples.
    assert trained.best_step == round(0.4 * alone.best_step / 2)
    assert trained.records[0]["train_loss"] < alone.records[0]["train_loss"]


@pytest.mark.parametrize(("few_rows", "monitored", "best"), [(200, "ndcg", np.argmax), (201, "loss", np.argmin)])
def test_early_stopping_puts_the_best_round_back(tmp_path: Path, few_rows: int, monitored: str, best: Any) -> None:
    # 200 held-out users: by NDCG where they are enough, by their loss where they are few.
    changes = {"max_steps": 600, "patience": 2, "learning_rate": 0.05, "few_rows": few_rows}
    trained = run(tmp_path, settings=SETTINGS.model_copy(update=changes))
    values = [record[monitored] for record in trained.records]
    steps = [record["step"] for record in trained.records]
    assert trained.best_step == steps[best(values)]
    assert steps[-1] == trained.best_step + 2 * 13 < 600
    held_out = ring_world().held_out
    assert held_out is not None
    again = validation_metrics(
        trained.model, trained.records[best(values)]["temperature"], np.ones(N_ITEMS, np.bool_), held_out, Workers()
    )
    assert again[monitored] == pytest.approx(values[best(values)], rel=1e-6)


@pytest.mark.parametrize(
    ("n_examples", "n_held_out", "start", "expected"),
    [
        (1000, 60, None, (200, 900, 20)),  # an epoch of 10 steps: a round of a tenth of min_steps
        (5000, 60, None, (200, 900, 50)),  # an epoch of 50 steps is a round
        (50_000, 60, None, (200, 900, 100)),  # longer epochs are validated in between
        (1000, 0, None, (200, 200, 20)),  # three epochs, but at least min_steps
        (25_000, 0, None, (750, 750, 100)),
        (50_000, 0, None, (900, 900, 100)),
        (25_000, 0, Start({}, 500, 25_000), (250, 250, 100)),  # half of 500
        (10_000, 0, Start({}, 500, 25_000), (100, 100, 100)),  # half of 200, in proportion
        (75_000, 0, Start({}, 300, 25_000), (600, 600, 100)),  # 900 in proportion, of which 300 were taken
        (90_000, 0, Start({}, 600, 25_000), (900, 900, 100)),  # not more than max_steps
        (10, 0, Start({}, 500, 25_000), (1, 1, 10)),
        (301, 60, None, (200, 900, 20)),  # 50 epochs of 4 steps
        (201, 60, None, (150, 900, 15)),  # 50 epochs of 3 steps are fewer than min_steps
        (10, 60, None, (50, 900, 10)),  # 50 epochs of one step; a round has 10
        (10, 0, None, (50, 50, 10)),
    ],
)
def test_a_training_is_bounded_by_steps(n_examples: int, n_held_out: int, start: Start | None, expected: Any) -> None:
    settings = TwoTowerSettings(global_batch=100, min_steps=200, max_steps=900, validate_every_steps=100, refit_share=0.5)
    assert budget(settings, n_examples, n_held_out, start) == expected


@pytest.mark.parametrize(("few_rows", "items"), [(3, [0, 2, 4]), (4, [0, 1, 2, 3, 4, 5])])
def test_the_rows_that_stop_a_training_are_of_one_half_of_the_users_unless_they_are_few(
    few_rows: int, items: list[int]
) -> None:
    users = histories([[item] for item in range(6)])
    answers = Ragged.from_rows([[9]] * 6)
    keys = (np.arange(6, dtype=np.uint64) % 2) << np.uint64(HALF_BIT)
    sample = ValidationSample(users, Ragged.from_rows([[]] * 6), answers, keys=keys)
    assert stopping_rows(sample, TwoTowerSettings(few_rows=few_rows)).users.items.tolist() == items


def test_without_order_a_set_is_completed(tmp_path: Path) -> None:
    # Users take 8 items of a ring of 12, in an order that says nothing: those left are the other 4 of the ring. By chance a
    # list of 10 of the 52 unseen items would have a recall of 0.19.
    data, rng = ring_world(), np.random.default_rng(3)
    shuffled = rng.permuted(data.train.items.reshape(-1, LENGTH), axis=1).ravel()
    sample = replace(data.held_out, users=replace(data.train, items=shuffled)) if data.held_out else None
    trained = run(tmp_path, replace(data, train=replace(data.train, items=shuffled), held_out=sample, is_ordered=False))
    assert trained.records[-1]["recall"] > 0.9
    assert trained.model.arrays()["positions"].shape == (2, 0)


def test_fewer_examples_than_a_step_takes_are_learned_from(tmp_path: Path) -> None:
    trained = run(tmp_path, ring_world(9), settings=SETTINGS.model_copy(update={"min_steps": 60, "max_steps": 60}))
    assert trained.records[-1]["train_loss"] < trained.records[0]["train_loss"]
    assert trained.n_examples == 9 * LENGTH < SETTINGS.global_batch


def test_more_workers_than_examples_in_a_step_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    class Many(Workers):
        size = 129

    def read(fold: Fold) -> TwoTowerData:
        raise AssertionError(fold)

    with (
        TrainingFolders(tmp_path, "day", is_writer=True) as folders,
        pytest.raises(ConfigError, match="global_batch = 128, workers = 129"),
    ):
        train_every_fold(TwoTower, read, SETTINGS, Many(), folders, seed=5)


def test_one_worker_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOROVOD_SIZE", "1")
    workers = current()
    assert (workers.rank, workers.size, workers.is_writer) == (0, 1, True)


def test_every_fold_after_the_first_starts_from_its_weights(alone: Trained[TwoTower], tmp_path: Path) -> None:
    worlds = {"validation": ring_world(), "test": replace(ring_world(), held_out=None), "serve": ring_world(40)}
    worlds["serve"] = replace(worlds["serve"], held_out=None)
    with TrainingFolders(tmp_path / "all", "d1", is_writer=True) as folders:
        models = train_every_fold(TwoTower, worlds.__getitem__, SETTINGS, Workers(), folders, seed=5)
    assert sorted(path.name.split("-")[1] for path in (tmp_path / "all").iterdir()) == ["serve", "test", "validation"]
    assert list(models) == ["validation", "test", "serve"]
    assert_equal(models["validation"].arrays(), alone.model.arrays())
    assert_equal(models["test"].arrays(), run(tmp_path / "own", worlds["test"], start=start_of(alone)).model.arrays())
    assert_equal(models["serve"].arrays(), run(tmp_path / "serve", worlds["serve"], start=start_of(alone)).model.arrays())


def test_a_training_alone_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    train_alone(TwoTower, ring_world(40).train, 60, SETTINGS.model_copy(update={"min_steps": 5}), seed=1)
    assert list(tmp_path.iterdir()) == []


def test_without_an_example_no_item_is_learned_and_the_next_fold_starts_from_nothing(
    alone: Trained[TwoTower], tmp_path: Path
) -> None:
    empty = TwoTowerData(histories([[], []]), ring_world().categories)
    worlds: dict[Fold, TwoTowerData] = {"validation": empty, "test": ring_world(), "serve": empty}
    with TrainingFolders(tmp_path, "day", is_writer=True) as folders:
        models = train_every_fold(TwoTower, worlds.__getitem__, SETTINGS, Workers(), folders, seed=5)
    assert np.isneginf(models["validation"].score(histories([[0, 1], []]))).all()
    assert all(np.isfinite(array).all() for array in models["validation"].arrays().values())
    assert_equal(models["test"].arrays(), run(tmp_path / "own").model.arrays())


def test_validation_metrics_are_those_worked_by_hand() -> None:
    # Item vectors on a quarter circle: a list is in the order of the angle from item 0, so 1, 2, 3 ... (0 is seen). The
    # first user's answer, item 2, is at rank 2, the second's, item 11, beyond rank 10.
    angles = np.radians(np.arange(12) * 8.0)
    sample = ValidationSample(histories([[0], [0]]), Ragged.from_rows([[0], [0]]), Ragged.from_rows([[2], [11]]))
    values = validation_metrics(on_a_circle(angles), 0.5, np.ones(12, np.bool_), sample, Workers())
    assert values["recall"] == pytest.approx(0.5)
    assert values["ndcg"] == pytest.approx(0.5 / np.log2(3))
    logits = np.cos(angles) / 0.5
    expected = np.log(np.exp(logits).sum()) - (logits[2] + logits[11]) / 2
    assert values["loss"] == pytest.approx(expected, rel=1e-5)


def test_the_loss_is_of_answers_that_could_be_learned() -> None:
    angles = np.radians(np.arange(12) * 8.0)
    sample = ValidationSample(histories([[0], [0], [0]]), Ragged.from_rows([[0]] * 3), Ragged.from_rows([[2, 7], [7], [3]]))
    values = validation_metrics(on_a_circle(angles), 0.5, np.arange(12) != 7, sample, Workers())
    logits = np.cos(angles) / 0.5
    assert values["loss"] == pytest.approx(np.log(np.exp(logits).sum()) - (logits[2] + logits[3]) / 2, rel=1e-5)


def test_validation_leaves_out_what_was_seen_before_the_history_begins() -> None:
    # Item 1 is not in the history, which holds the newest entries only, but may not be listed: item 2 moves up to rank 1.
    sample = ValidationSample(histories([[0]]), Ragged.from_rows([[0, 1]]), Ragged.from_rows([[2]]))
    values = validation_metrics(on_a_circle(np.radians(np.arange(12) * 8.0)), 0.5, np.ones(12, np.bool_), sample, Workers())
    assert values["ndcg"] == pytest.approx(1.0)


def on_a_circle(angles: Doubles) -> TwoTower:
    """A model of items at these angles, whose users are the mean of the history."""
    shapes = {"positions": (1, 4), "queries": (1, 2), "hidden": (2, 1), "hidden_bias": 1, "out": (1, 2), "out_bias": 2}
    arrays = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    arrays["item_vectors"] = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    arrays |= {"feature_mean": np.zeros(0, np.float32), "feature_gain": np.zeros(0, np.float32)}
    return TwoTower(TwoTowerSettings(dim=2, window=4, poolings=1, hidden=1), **arrays)


@pytest.mark.horovod
@pytest.mark.parametrize("n_workers", [2, 3])  # a step of 128 examples does not divide by 3
def test_several_workers_train_to_the_same_result_as_one(alone: Trained[TwoTower], tmp_path: Path, n_workers: int) -> None:
    launch([str(HERE / "train_ring_world.py"), str(tmp_path)], n_workers=n_workers)
    reports = [json.loads((tmp_path / f"report_{rank}.json").read_text()) for rank in range(n_workers)]
    assert [report["size"] for report in reports] == [n_workers] * n_workers
    for report in reports:
        for key in ("train_loss", "loss", "ndcg", "recall"):
            assert [r[key] for r in report["records"]] == pytest.approx([r[key] for r in alone.records], rel=1e-3)
    weights = [dict(np.load(tmp_path / f"weights_{rank}.npz")) for rank in range(n_workers)]
    for other in weights[1:]:
        assert_equal(weights[0], other)
    assert len(list((tmp_path / "training").glob("run-validation-*/two_tower.npz"))) == 1
