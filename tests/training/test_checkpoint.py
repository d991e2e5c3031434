"""Checkpoints: whole or absent, and only for their own training; all else is set aside."""

import json
import logging
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tawny.core.errors import ConfigError
from tawny.training import checkpoint
from tawny.training.checkpoint import Checkpoint, Progress

PROGRESS = Progress(step=27, loss_sum=3.5, best_step=10, best=0.25, records=[{"step": 10, "ndcg": 0.25}])


def some_checkpoint(value: float = 1.0) -> Checkpoint:
    return Checkpoint(PROGRESS, {"a/b": np.full((2, 3), value), "optimizer/0": np.array(7)}, {"a/b": np.zeros((2, 3))})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "deep" / "c.npz", some_checkpoint(), "run")
    found = load(tmp_path / "deep" / "c.npz")
    assert found is not None
    assert found.progress == PROGRESS
    assert sorted(found.variables) == ["a/b", "optimizer/0"]
    assert np.array_equal(found.variables["a/b"], np.ones((2, 3)))
    assert np.array_equal(found.best["a/b"], np.zeros((2, 3)))


def test_without_a_file_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert load(tmp_path / "c.npz") is None


def test_a_write_cut_short_leaves_the_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.npz"
    checkpoint.save(path, some_checkpoint(1.0), "run")

    def half(file: object, **arrays: object) -> None:
        file.write(b"half a file")  # type: ignore[attr-defined]
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(path, some_checkpoint(2.0), "run")
    found = load(path)
    assert found is not None
    assert found.variables["a/b"][0, 0] == 1.0
    assert [file.name for file in tmp_path.iterdir()] == ["c.npz"]


def test_a_checkpoint_of_another_training_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoint.save(tmp_path / "c.npz", some_checkpoint(), "other")
    assert_set_aside(tmp_path / "c.npz", caplog, "fingerprint other instead of run")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_checkpoint_cut_short_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture, share: float) -> None:
    path = tmp_path / "c.npz"
    checkpoint.save(path, some_checkpoint(), "run")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert_set_aside(path, caplog, "")


def test_a_flipped_byte_is_noticed_or_without_effect(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    checkpoint.save(path, some_checkpoint(), "run")
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        found = load(path)
        assert found is None or (found.progress == PROGRESS and np.array_equal(found.variables["a/b"], np.ones((2, 3))))


BEGUN: dict[str, Any] = {"step": 0, "loss_sum": 0.0, "best_step": None, "best": None, "records": []}
META = {"fingerprint": "run", "progress": BEGUN}
NOW = {"now/a/b": np.ones((2, 3)), "now/optimizer/0": np.array(7)}
BEST = {"best/a/b": np.ones((2, 3))}


@pytest.mark.parametrize(
    ("text", "arrays"),
    [
        ("{", NOW),
        ("[]", NOW),
        ("{}", NOW),
        (json.dumps(META | {"progress": {"step": 0}}), NOW),
        (json.dumps(META | {"progress": BEGUN | {"more": 1}}), NOW),
        (json.dumps(META), {"now/a/b": np.ones((2, 3))}),
        (json.dumps(META), NOW | {"now/c": np.ones(1)}),
        (json.dumps(META), NOW | {"now/a/b": np.ones((3, 2))}),
        (json.dumps(META), NOW | {"now/a/b": np.ones((2, 3), np.float32)}),
        (json.dumps(META), NOW | BEST),
        (json.dumps(META | {"progress": BEGUN | {"best_step": 0}}), NOW),
    ],
)
def test_wrong_content_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, arrays: dict[str, Any]
) -> None:
    path = tmp_path / "c.npz"
    arrays = arrays | {"progress.json": np.frombuffer(text.encode(), np.uint8)}
    np.savez(path, **arrays)
    assert_set_aside(path, caplog, "")


def test_the_content_that_the_others_differ_from_is_accepted(tmp_path: Path) -> None:
    arrays: dict[str, Any] = NOW | {"progress.json": np.frombuffer(json.dumps(META).encode(), np.uint8)}
    np.savez(tmp_path / "c.npz", **arrays)
    assert load(tmp_path / "c.npz") is not None


@pytest.mark.parametrize("content", [b"", b"PK", b"not a checkpoint", b"\x93NUMPY\x01\x00"])
def test_a_file_of_another_kind_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    (tmp_path / "c.npz").write_bytes(content)
    assert_set_aside(tmp_path / "c.npz", caplog, "")


def test_an_archive_without_a_checkpoint_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("a.txt", "a")
    assert_set_aside(tmp_path / "c.npz", caplog, "KeyError")
    (tmp_path / "c.npz").write_text("torn again")
    assert_set_aside(tmp_path / "c.npz", caplog, "")


def load(path: Path) -> Checkpoint | None:
    return checkpoint.load(path, "run", some_checkpoint())


def assert_set_aside(path: Path, caplog: pytest.LogCaptureFixture, reason: str) -> None:
    """One warning says why, the file has another name, and there is no checkpoint any more."""
    content = path.read_bytes()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert load(path) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert reason in caplog.text
    assert "\n" not in caplog.messages[0]
    assert not path.exists()
    assert path.with_name("c.npz.torn").read_bytes() == content


def test_checkpoints_lie_below_the_tables_or_where_the_settings_say(tmp_path: Path) -> None:
    assert checkpoint.local_folder(None, str(tmp_path)) == tmp_path / "_training"
    assert checkpoint.local_folder("/fast/disk", "s3a://lake") == Path("/fast/disk")


def test_an_object_store_holds_no_checkpoints() -> None:
    with pytest.raises(ConfigError, match=r"need a local folder\. Received: s3a://lake/_training\. Set work_dir"):
        checkpoint.local_folder(None, "s3a://lake")
