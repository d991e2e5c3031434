"""Where trainings keep their checkpoints and TensorBoard logs: a folder per training, and a bounded number of folders.

A folder is named by its run, its name (a fold) and its fingerprint: with other data the training has another folder and
starts afresh, with the same data it resumes. When a run has committed its models, all folders but its own are removed; its
own stay until the next run commits, so that the same run again trains nothing. A running training holds a lock on its
folder, which the system releases when the process ends, however it ends; a folder that is held is never removed.
"""

import fcntl
import logging
import os
import shutil
from pathlib import Path
from typing import IO, Self
from uuid import uuid4

from tawny.core.errors import ConfigError
from tawny.core.log import key_values

logger = logging.getLogger(__name__)

_LOCK = "lock"

_REMOVED = ".removed-"

_MAX_KEPT = 9  # three nights of three folds, so that nights that train and never commit do not fill the disk


class TrainingFolders:
    """The folders of one run's trainings, beside those of other runs of the same job; to be used in a `with`."""

    def __init__(self, root: Path, run: str, *, is_writer: bool) -> None:
        """No file is touched yet.

        Args:
            root: of the job alone.
            run: its name, the run_date.
            is_writer: whether this worker writes; the others learn the folders' names, and touch no file.
        """
        self._root, self._run, self._is_writer = root, run, is_writer
        self._held: list[IO[str]] = []

    def __enter__(self) -> Self:
        """The folders that are opened stay held until the `with` ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the folders; they stay."""
        while self._held:
            self._held.pop().close()

    def open(self, name: str, fingerprint: str) -> Path:
        """The folder of one training, made if it is not there. Of the folders that nobody holds, only the newest are kept.

        Raises:
            ConfigError: the file system has no locks.
        """
        folder = self._root / f"{self._run}-{name}-{fingerprint}"
        if self._is_writer:
            self._held.append(_hold(folder))
            self._remove(spared=_MAX_KEPT)
        return folder

    def remove_others(self) -> None:
        """Remove every folder that no running training holds; to be called when the run has committed its models."""
        if self._is_writer:
            self._remove(spared=0)

    def _remove(self, spared: int) -> None:
        found = [path for path in self._root.iterdir() if (path / _LOCK).is_file() or path.name.startswith(_REMOVED)]
        for folder in sorted(found, key=_changed, reverse=True)[spared:]:
            _remove_idle(folder)


def _changed(folder: Path) -> int:
    """When a file was last made in the folder; 0 where another run has just removed it."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _hold(folder: Path) -> IO[str]:
    """The folder's lock, held with others that train the same; the folder is made if it is not there."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = (folder / _LOCK).open("a")
        except FileNotFoundError:  # removed in between by another run
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)  # waits where another run is about to remove the folder
            if (folder / _LOCK).exists() and os.path.samestat(os.fstat(lock.fileno()), (folder / _LOCK).stat()):
                return lock
        except OSError as exc:
            lock.close()
            rule, do = (
                "the folder of trainings must allow file locks.",
                "Set work_dir in the job's settings to a local disk.",
            )
            raise ConfigError(where=str(folder), rule=rule, came=str(exc), do=do) from exc
        lock.close()


def _remove_idle(folder: Path) -> None:
    """Remove the folder, unless a running training holds it. It is renamed first, so that nobody opens half of it."""
    removed = folder if folder.name.startswith(_REMOVED) else folder.with_name(_REMOVED + uuid4().hex[:8])
    try:
        with (folder / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.rename(removed)
            shutil.rmtree(removed)
    except (BlockingIOError, FileNotFoundError):  # held by a running training, or removed by another run
        return
    except OSError as exc:
        logger.warning(key_values({"not removed": folder, "error": exc}))
