"""What a training leaves on disk is used again for the same training alone, whatever happened to it."""

import ast
import importlib
import inspect
import logging
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

import tawny_jobs
from tawny.core.arrays import Histories, Ragged
from tawny.core.columns import FOLDS
from tawny.core.config import Env
from tawny.core.errors import WorkerError
from tawny.core.table import TableSpec
from tawny.evaluation.validate import ValidationSample
from tawny.features.splits.plan import split_table
from tawny.models.two_tower.data import TwoTowerData
from tawny.models.two_tower.train import CODE, Start, Trained, training_fingerprint
from tawny.runner.plan import load_jobs
from tawny.tables.splits import SPLITS
from tawny.testing.frames import split_of
from tawny.training.checkpoint import Progress
from tawny.training.loop import Loop
from tawny.training.workers import Workers

sys.path.insert(0, str(Path(__file__).parent))
from ring_world import N_ITEMS, RING, SETTINGS, PowerCutError, assert_equal, ring_world, run


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Trained[Any]:
    trained: Trained[Any] = run(tmp_path_factory.mktemp("alone"))
    return trained


def changed(array: NDArray[Any], value: Any) -> NDArray[Any]:
    """The array with another first element."""
    copy = array.copy()
    copy.flat[0] = value
    return copy


def train_of(data: TwoTowerData, **columns: Any) -> TwoTowerData:
    return replace(data, train=replace(data.train, **columns))


def held_out_of(data: TwoTowerData, **columns: Any) -> TwoTowerData:
    return replace(data, held_out=replace(held_out(data), **columns))


def held_out(data: TwoTowerData) -> ValidationSample:
    assert data.held_out is not None
    return data.held_out


def with_late_event(data: TwoTowerData) -> TwoTowerData:
    """The first user took one item more."""
    users, n = data.train, len(data.train.items)
    first = np.r_[0, np.arange(n)]
    return train_of(
        data,
        indptr=users.indptr + (np.arange(len(users.indptr)) > 0),
        items=users.items[first],
        weights=users.weights[first],
        ages_days=users.ages_days[first],
    )


CHANGES: dict[str, Callable[[TwoTowerData], TwoTowerData]] = {
    "late event": with_late_event,
    "item": lambda d: train_of(d, items=changed(d.train.items, 59)),
    "owner of an entry": lambda d: train_of(d, indptr=d.train.indptr + (np.arange(len(d.train.indptr)) == 1)),
    "weight": lambda d: train_of(d, weights=changed(d.train.weights, 0.5)),
    "age": lambda d: train_of(d, ages_days=changed(d.train.ages_days, 9)),
    "feature": lambda d: train_of(d, features=d.train.features * 2 if d.train.features is not None else None),
    "no features": lambda d: train_of(d, features=None),
    "category": lambda d: replace(d, categories=changed(d.categories, 0)),
    "answer": lambda d: held_out_of(d, answers=Ragged(held_out(d).answers.indptr, changed(held_out(d).answers.values, 59))),
    "seen item": lambda d: held_out_of(d, seen=Ragged(held_out(d).seen.indptr, changed(held_out(d).seen.values, 59))),
    "held-out history": lambda d: held_out_of(
        d, users=replace(held_out(d).users, items=changed(held_out(d).users.items, 59))
    ),
    "order says nothing": lambda d: replace(d, is_ordered=False),
    "nothing held out": lambda d: replace(d, held_out=None),
}


def test_whatever_decides_a_training_is_in_its_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    data, start = ring_world(40), Start({"a": np.zeros(2, np.float32)}, 9, 99)
    found = {"same": training_fingerprint(data, SETTINGS, 5, None, "serve")}
    assert found["same"] == training_fingerprint(ring_world(40), SETTINGS, 5, None, "serve")
    found |= {name: training_fingerprint(change(data), SETTINGS, 5, None, "serve") for name, change in CHANGES.items()}
    found["seed"] = training_fingerprint(data, SETTINGS, 6, None, "serve")
    found["start"] = training_fingerprint(data, SETTINGS, 5, start, "serve")
    found["other start"] = training_fingerprint(data, SETTINGS, 5, Start({"a": np.ones(2, np.float32)}, 9, 99), "serve")
    found["longer start"] = training_fingerprint(data, SETTINGS, 5, replace(start, steps=8), "serve")
    found["fold"] = training_fingerprint(data, SETTINGS, 5, None, "test")
    settings = SETTINGS.model_copy(update={"max_steps": 40})
    found["settings"] = training_fingerprint(data, settings, 5, None, "serve")
    monkeypatch.setattr("tawny.models.two_tower.train.code_of", lambda modules: "other code")
    found["code"] = training_fingerprint(data, SETTINGS, 5, None, "serve")
    assert len(set(found.values())) == len(found)


WITHOUT_INFLUENCE = {
    "tawny.evaluation.metrics.registry": "finds the metric",
    "tawny.core.columns": "names",
    "tawny.core.config": "the settings' values count",
    "tawny.core.errors": "texts",
    "tawny.core.log": "texts",
    "tawny.models.base": "an interface",
    "tawny.models.registry": "finds the class",
    "tawny.models.two_tower.data": "the data count",
    "tawny.models.two_tower.settings": "the settings' values count",
    "tawny.training.fingerprint": "another fingerprint is another name",
    "tawny.training.folders": "names of folders",
}


def test_all_code_that_a_training_runs_is_in_its_fingerprint_or_has_a_reason_not_to_be() -> None:
    used = set().union(*(imported_by(name) for name in CODE))
    assert used - set(CODE) - set(WITHOUT_INFLUENCE) == set()


def imported_by(name: str) -> set[str]:
    """The modules of Tawny that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(importlib.import_module(name)))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tawny"):
            whole = {f"{node.module}.{alias.name}" for alias in node.names} & set(sys.modules)
            found |= whole or {str(node.module)}
    return found


@pytest.mark.parametrize("change", ["late event", "age", "feature", "answer"])
def test_other_data_are_trained_afresh_and_the_first_training_is_still_there(tmp_path: Path, change: str) -> None:
    data, steps = ring_world(40), list[Progress]()
    first = run(tmp_path / "own", data)
    other = run(tmp_path / "own", CHANGES[change](data), on_step=steps.append)
    assert steps[0].step == 1
    assert_equal(other.weights, run(tmp_path / "fresh", CHANGES[change](data)).weights)
    assert_equal(run(tmp_path / "own", data, on_step=steps.append).weights, first.weights)


def killed(folder: Path) -> Path:
    """The checkpoint of a training that was killed in its second round."""

    def kill(progress: Progress) -> None:
        if progress.step == 17:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        run(folder, on_step=kill)
    return next(folder.glob("*/two_tower.npz"))


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_checkpoint_cut_short_is_set_aside_and_the_result_is_the_undisturbed_one(
    alone: Trained[Any], tmp_path: Path, caplog: pytest.LogCaptureFixture, share: float
) -> None:
    checkpoint, steps = killed(tmp_path), list[Progress]()
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: int(len(content) * share)])
    with caplog.at_level(logging.WARNING, "tawny"):
        trained = run(tmp_path, on_step=steps.append)
    assert [record.message.partition("=")[0] for record in caplog.records if record.levelno >= logging.WARNING] == [
        "checkpoint set aside, training starts afresh"
    ]
    assert steps[0].step == 1
    assert_equal(trained.weights, alone.weights)
    assert checkpoint.with_name("two_tower.npz.torn").exists()


def test_a_checkpoint_copied_from_another_training_is_set_aside(
    alone: Trained[Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(tmp_path / "other", ring_world(199))
    checkpoint, steps = killed(tmp_path / "own"), list[Progress]()
    shutil.copy(next((tmp_path / "other").glob("*/two_tower.npz")), checkpoint)
    with caplog.at_level(logging.WARNING, "tawny"):
        assert_equal(run(tmp_path / "own", on_step=steps.append).weights, alone.weights)
    assert steps[0].step == 1
    assert "instead of" in caplog.text


def test_a_checkpoint_of_another_shape_is_set_aside(alone: Trained[Any], tmp_path: Path) -> None:
    checkpoint = killed(tmp_path)
    with np.load(checkpoint) as file:
        arrays = {name: file[name] for name in file}
    name = next(name for name in arrays if name.endswith("item_tower/embedding"))
    np.savez(checkpoint, **arrays | {name: arrays[name][:-1]})
    assert_equal(run(tmp_path).weights, alone.weights)
    assert checkpoint.with_name("two_tower.npz.torn").exists()


def test_two_folds_of_the_same_data_do_not_share_a_checkpoint(tmp_path: Path) -> None:
    data, steps = replace(ring_world(40), held_out=None), list[Progress]()
    run(tmp_path, data, fold="test")
    run(tmp_path, data, fold="serve", on_step=steps.append)
    assert steps[0].step == 1
    assert sorted(path.name.split("-")[1] for path in tmp_path.iterdir()) == ["serve", "test"]


class SecondWorker(Workers):
    """A worker beside another one, whose fingerprint differs."""

    rank, size = 1, 2

    def broadcast_object(self, value: Any) -> Any:
        return "0123456789abcdef"


def test_a_worker_with_other_data_than_rank_0_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        WorkerError, match=r"worker 1: all workers must train on the same data.* 0123456789abcdef on worker 0"
    ):
        run(tmp_path, ring_world(40), workers=SecondWorker())


NOON = datetime(2024, 2, 1, 12, tzinfo=UTC)


class JobRun(SimpleNamespace):
    """The job's run over the ring world, without a lake; each fold sees another number of users."""

    def __init__(self, root: Path, day: int, n_users: int = 40) -> None:
        settings = JOB.settings(model=SETTINGS)  # type: ignore[call-arg]
        env = Env(root=str(root), landing=str(root), jars=None)
        super().__init__(settings=settings, env=env, run_date=date(2024, 3, day), worlds={}, written=None)
        for number, fold in enumerate(FOLDS):
            self.worlds[fold] = ring_world(n_users + number)

    def seed(self) -> int:
        return 5

    def read_arrow(self, table: TableSpec, *, max_rows: int = 0, fold: str = "serve") -> pa.Table:
        if table is SPLITS:
            return split_table(split_of())
        world = self.worlds[fold]
        users = [f"u{user:03}" for user in range(world.train.n_users)]
        return pa.table(getattr(self, f"_{table.name.rpartition('_')[0]}")(world, users))

    def write(self, frame: pa.Table) -> None:
        self.written = frame

    def _catalog(self, world: TwoTowerData, users: list[str]) -> dict[str, Any]:
        items = np.arange(N_ITEMS, dtype=np.int32)
        return {"item_index": items, "categories": [[f"ring {item // RING}"] for item in items]}

    def _item_features(self, world: TwoTowerData, users: list[str]) -> dict[str, Any]:
        return self._catalog(world, users)

    def _sequences(self, world: TwoTowerData, users: list[str]) -> dict[str, Any]:
        own: Histories = world.train
        items = by_user(own.items, own.indptr)
        values = {"weights": by_user(own.weights, own.indptr), "ages_days": by_user(own.ages_days, own.indptr)}
        rows = {"user_id": users, "as_of_ts": [NOON] * len(users), "is_training": [True] * len(users)}
        return rows | {"item_indices": items, "seen_indices": items} | values

    def _user_features(self, world: TwoTowerData, users: list[str]) -> dict[str, Any]:
        assert world.train.features is not None
        return {"user_id": users, "features": by_user(world.train.features.ravel(), np.arange(len(users) + 1))}

    def _holdouts(self, world: TwoTowerData, users: list[str]) -> dict[str, Any]:
        answers = held_out(world).answers
        return {"user_id": users, "as_of_ts": [NOON] * len(users), "item_indices": by_user(answers.values, answers.indptr)}


def by_user(values: NDArray[Any], indptr: NDArray[Any]) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(indptr, pa.int32()), pa.array(values))


JOB = load_jobs(tawny_jobs)["train_two_tower"]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Progress]:
    """Every round that any training of this test has run."""
    rounds, run_round = list[Progress](), Loop._run_round

    def counted(loop: Loop, summaries: Any) -> None:
        rounds.append(loop._progress)
        run_round(loop, summaries)

    monkeypatch.setattr(Loop, "_run_round", counted)
    return rounds


def kept(root: Path) -> dict[str, int]:
    """Folders of trainings by run_date."""
    names = [path.name[:10] for path in (root / "_training" / "two_tower").iterdir()]
    return {name: names.count(name) for name in sorted(set(names))}


def test_the_same_run_again_trains_nothing_and_writes_the_same(tmp_path: Path, steps: list[Progress]) -> None:
    first, again = JobRun(tmp_path, day=1), JobRun(tmp_path, day=1)
    JOB.main(first)
    # 40 users have 320 examples, 3 steps an epoch; a round has 10 at least. The other two folds begin at 0 again.
    begun = [progress.step for progress in steps]
    assert begun[:4] == [0, 10, 20, 30]
    assert begun.count(0) == 3
    steps.clear()
    files = sorted(tmp_path.rglob("*"))
    JOB.main(again)
    assert steps == []
    assert again.written == first.written
    assert sorted(tmp_path.rglob("*")) == files
    assert kept(tmp_path) == {"2024-03-01": 3}


def test_after_the_commit_the_trainings_of_earlier_runs_are_removed(tmp_path: Path) -> None:
    for day in (1, 2, 3):
        JOB.main(JobRun(tmp_path, day=day))
        assert kept(tmp_path) == {f"2024-03-0{day}": 3}


def test_a_late_event_trains_the_date_afresh_without_anyones_help(tmp_path: Path) -> None:
    before, after, undisturbed = JobRun(tmp_path, day=1), JobRun(tmp_path, day=1), JobRun(tmp_path / "new", day=1)
    JOB.main(before)
    for late in (after, undisturbed):
        late.worlds["validation"] = with_late_event(late.worlds["validation"])
        JOB.main(late)
    assert after.written == undisturbed.written
    assert after.written != before.written
    assert kept(tmp_path) == {"2024-03-01": 3}


def test_a_commit_that_fails_keeps_what_was_trained(
    tmp_path: Path, steps: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    JOB.main(JobRun(tmp_path, day=1))
    failing = JobRun(tmp_path, day=2)

    def fail(frame: pa.Table) -> None:
        raise OSError("the lake is away")

    monkeypatch.setattr(failing, "write", fail)
    with pytest.raises(OSError, match="the lake is away"):
        JOB.main(failing)
    assert kept(tmp_path) == {"2024-03-01": 3, "2024-03-02": 3}
    steps.clear()
    JOB.main(JobRun(tmp_path, day=2))
    assert steps == []
    assert kept(tmp_path) == {"2024-03-02": 3}
