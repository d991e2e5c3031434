"""Checkpoints: whole or absent, and only for their own run."""

from pathlib import Path

import numpy as np
import pytest

from tawny.core.errors import StaleInputError
from tawny.training import checkpoint
from tawny.training.checkpoint import Checkpoint, Progress

PROGRESS = Progress(epoch=2, step=7, loss_sum=3.5, best_epoch=1, best=0.25, records=[{"epoch": 0, "ndcg": 0.25}])


def made(value: float = 1.0) -> Checkpoint:
    return Checkpoint(PROGRESS, {"a/b": np.full((2, 3), value), "optimizer/0": np.array(7)}, {"a/b": np.zeros((2, 3))})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "deep" / "c.npz", made(), "run")
    found = checkpoint.load(tmp_path / "deep" / "c.npz", "run")
    assert found is not None
    assert found.progress == PROGRESS
    assert sorted(found.variables) == ["a/b", "optimizer/0"]
    assert np.array_equal(found.variables["a/b"], np.ones((2, 3)))
    assert np.array_equal(found.best["a/b"], np.zeros((2, 3)))


def test_without_a_file_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path / "c.npz", "run") is None


def test_a_write_cut_short_leaves_the_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.npz"
    checkpoint.save(path, made(1.0), "run")

    def half(file: object, **arrays: object) -> None:
        file.write(b"half a file")  # type: ignore[attr-defined]
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(path, made(2.0), "run")
    found = checkpoint.load(path, "run")
    assert found is not None
    assert found.variables["a/b"][0, 0] == 1.0


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "c.npz", made(), "run")
    with pytest.raises(StaleInputError, match="fingerprint run instead of other"):
        checkpoint.load(tmp_path / "c.npz", "other")
