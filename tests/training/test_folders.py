"""Folders of trainings: one per fingerprint, held while it trains, and never many."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from tawny.core.errors import ConfigError
from tawny.training.folders import TrainingFolders


def make(root: Path, run: str, *names: str, fingerprint: str = "f") -> list[Path]:
    """Folders with a file in each, that nobody holds any more."""
    with TrainingFolders(root, run, is_writer=True) as folders:
        found = [folders.open(name, fingerprint) for name in names]
        for folder in found:
            (folder / "c.npz").write_text(run)
    return found


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_every_run_name_and_fingerprint_has_a_folder_of_its_own(tmp_path: Path) -> None:
    make(tmp_path, "d1", "test", "serve")
    make(tmp_path, "d1", "serve", fingerprint="g")
    make(tmp_path, "d2", "serve")
    assert names(tmp_path) == ["d1-serve-f", "d1-serve-g", "d1-test-f", "d2-serve-f"]


def test_the_same_training_finds_its_folder_again(tmp_path: Path) -> None:
    assert make(tmp_path, "d1", "serve") == make(tmp_path, "d1", "serve")
    assert (tmp_path / "d1-serve-f" / "c.npz").read_text() == "d1"


def test_after_the_commit_only_the_runs_own_folders_are_left(tmp_path: Path) -> None:
    make(tmp_path, "d1", "test", "serve")
    make(tmp_path, "d2", "serve", fingerprint="old")
    with TrainingFolders(tmp_path, "d2", is_writer=True) as folders:
        folders.open("test", "f"), folders.open("serve", "f")
        folders.remove_others()
    assert names(tmp_path) == ["d2-serve-f", "d2-test-f"]


def test_a_folder_that_another_process_trains_in_is_not_removed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tawny.training.folders import TrainingFolders as T\n"
        "T(Path(sys.argv[1]), 'd1', is_writer=True).open('serve', 'f')\n"
        "with T(Path(sys.argv[1]), 'd0', is_writer=True) as held:\n"
        "    held.open('serve', 'f'); print('held', flush=True); input()"
    )
    args = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with TrainingFolders(tmp_path, "d2", is_writer=True) as folders:
            folders.open("serve", "f")
            folders.remove_others()
            assert names(tmp_path) == ["d0-serve-f", "d2-serve-f"]
            other.kill()
            other.wait()
            folders.remove_others()
    assert names(tmp_path) == ["d2-serve-f"]


def test_two_runs_may_train_the_same(tmp_path: Path) -> None:
    with TrainingFolders(tmp_path, "d1", is_writer=True) as one, TrainingFolders(tmp_path, "d1", is_writer=True) as two:
        assert one.open("serve", "f") == two.open("serve", "f")
        one.remove_others()
    assert names(tmp_path) == ["d1-serve-f"]


def test_runs_that_never_commit_leave_a_bounded_number_of_folders(tmp_path: Path) -> None:
    for day in range(10, 30):
        made = make(tmp_path, f"d{day}", "validation", "test", "serve")
        for folder in made:
            os.utime(folder, (day, day))
    assert len(names(tmp_path)) == 9
    assert {name[:3] for name in names(tmp_path)} == {"d27", "d28", "d29"}


def test_a_removal_cut_short_is_ended_by_the_next(tmp_path: Path) -> None:
    make(tmp_path, "d1", "serve")
    (tmp_path / "d1-serve-f").rename(tmp_path / ".removed-1")
    (tmp_path / ".removed-1" / "lock").unlink()
    with TrainingFolders(tmp_path, "d2", is_writer=True) as folders:
        folders.open("serve", "f")
        folders.remove_others()
    assert names(tmp_path) == ["d2-serve-f"]


def test_what_is_no_folder_of_a_training_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with TrainingFolders(tmp_path, "d2", is_writer=True) as folders:
        folders.open("serve", "f")
        folders.remove_others()
    assert names(tmp_path) == ["d2-serve-f", "notes"]


def test_other_workers_touch_no_file(tmp_path: Path) -> None:
    with TrainingFolders(tmp_path / "root", "d1", is_writer=False) as folders:
        assert folders.open("serve", "f") == tmp_path / "root" / "d1-serve-f"
        folders.remove_others()
    assert names(tmp_path) == []


def test_a_folder_removed_before_it_is_held_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, times = fcntl.flock, list[int]()

    def removed_first(lock: IO[str], operation: int) -> None:
        times.append(operation)
        if len(times) == 1:
            (tmp_path / "d1-serve-f").rename(tmp_path / "gone")
        flock(lock, operation)

    monkeypatch.setattr(fcntl, "flock", removed_first)
    with TrainingFolders(tmp_path, "d1", is_writer=True) as folders:
        assert (folders.open("serve", "f") / "lock").exists()


def test_a_folder_without_file_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(lock: object, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(ConfigError, match=r"must allow file locks\. Received: .*not supported\. Set work_dir"):
        TrainingFolders(tmp_path, "d1", is_writer=True).open("serve", "f")
