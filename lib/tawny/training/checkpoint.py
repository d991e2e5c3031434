"""The state of a training, in one file that is always complete.

The file is an .npz without pickled objects: the variables as arrays, and the progress as JSON. It is written under another
name and then renamed, so a process that is killed at any moment leaves the previous checkpoint. A file that is not a whole
checkpoint of the same training is set aside, and the training starts afresh: no checkpoint ever has to be deleted by hand.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from tawny.core.arrays import Arrays
from tawny.core.errors import ConfigError
from tawny.core.log import key_values

logger = logging.getLogger(__name__)

_META = "progress.json"


@dataclass(frozen=True)
class Progress:
    """How far a training got. With the seed it gives the next batch: the order of the examples depends on nothing else.

    Attributes:
        step: steps done.
        loss_sum: sum of the losses of this round's steps.
        best_step: how many steps had been done when the weights were best, or None.
        best: the value of the monitored metric then.
        records: one mapping per finished round: steps, losses, metrics, seconds.
    """

    step: int = 0
    loss_sum: float = 0.0
    best_step: int | None = None
    best: float | None = None
    records: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """A progress with the variables at that point.

    Attributes:
        progress: how far the training got.
        variables: of model and optimizer, by name.
        best: the model's variables at the best step; empty before the first validation.
    """

    progress: Progress
    variables: Arrays
    best: Arrays


def save(path: Path, checkpoint: Checkpoint, fingerprint: str) -> None:
    """Replace the previous checkpoint. `fingerprint` names the training (fingerprint.py)."""
    meta = json.dumps({"fingerprint": fingerprint, "progress": asdict(checkpoint.progress)})
    arrays: dict[str, Any] = {_META: np.frombuffer(meta.encode(), np.uint8)}
    arrays |= {f"now/{name}": array for name, array in checkpoint.variables.items()}
    arrays |= {f"best/{name}": array for name, array in checkpoint.best.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")  # of this write alone: two runs may train the same
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path, fingerprint: str, like: Checkpoint) -> Checkpoint | None:
    """The checkpoint at `path`; None where there is none that this training can resume from.

    A file that is torn, or belongs to another training, is renamed to `*.torn`, and one warning says why.

    Args:
        path: of the file.
        fingerprint: of this training.
        like: a checkpoint of this training with all variables: names, shapes and types must be the same.
    """
    if not path.exists():
        return None
    try:
        return _read(path, fingerprint, like)
    except Exception as exc:  # noqa: BLE001  # a damaged file fails in any way: in zip, npy header, JSON, keys, memory
        aside = path.with_name(path.name + ".torn")
        path.replace(aside)
        reason = f"{type(exc).__name__}: {exc}"
        logger.warning(key_values({"checkpoint set aside, training starts afresh": aside, "reason": reason}))
        return None


def local_folder(configured: str | None, root: str) -> Path:
    """The folder of checkpoints and logs: the configured one, or `_training` below the tables' root.

    Raises:
        ConfigError: it is not a local folder.
    """
    folder = configured or f"{root}/_training"
    if "://" in folder:
        do = "Set work_dir in the job's settings to a folder that all workers of the first host see."
        raise ConfigError(where="training", rule="checkpoints need a local folder.", came=folder, do=do)
    return Path(folder)


def _read(path: Path, fingerprint: str, like: Checkpoint) -> Checkpoint:
    """The checkpoint of this training, or any exception."""
    with np.load(path, allow_pickle=False) as file:
        meta = json.loads(file[_META].tobytes())
        if meta["fingerprint"] != fingerprint:
            raise ValueError(f"fingerprint {meta['fingerprint']} instead of {fingerprint}")
        found = Checkpoint(Progress(**meta["progress"]), _arrays(file, "now/"), _arrays(file, "best/"))
    if meta["progress"].keys() != asdict(like.progress).keys() or _kinds(found.variables) != _kinds(like.variables):
        raise ValueError("other variables than this training has")
    if _kinds(found.best) != (_kinds(like.best) if found.progress.best_step is not None else {}):
        raise ValueError("other best weights than this training has")
    return found


def _kinds(arrays: Arrays) -> dict[str, tuple[object, ...]]:
    return {name: (array.dtype, array.shape) for name, array in arrays.items()}


def _arrays(file: Mapping[str, Any], prefix: str) -> Arrays:
    return {name.removeprefix(prefix): file[name] for name in file if name.startswith(prefix)}
