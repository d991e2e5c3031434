"""Where a training stands, in one file that is either whole or absent.

The file is an .npz without pickled objects: the variables as arrays, and the position and the records as JSON. It is written
beside its place and then renamed, so a kill at any moment leaves the previous checkpoint.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tawny.core.errors import StaleInputError
from tawny.models.base import Arrays

_META = "progress.json"


@dataclass(frozen=True)
class Progress:
    """What was done. Together with the seed it is the data position: the order of an epoch is a function of both.

    Attributes:
        epoch: the epoch that is running, from 0; epochs before it are done.
        step: steps done within it.
        loss_sum: of those steps' losses.
        best_epoch: the epoch whose weights were best so far, or None.
        best: its value of the watched metric.
        records: one mapping per finished epoch: losses, metrics, seconds.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best_epoch: int | None = None
    best: float = float("-inf")
    records: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """A progress with the variables at that moment.

    Attributes:
        progress: where training stands.
        variables: of model and optimizer, by name.
        best: the model's variables at the best epoch; empty before the first validation.
    """

    progress: Progress
    variables: Arrays
    best: Arrays


def save(path: Path, checkpoint: Checkpoint, fingerprint: str) -> None:
    """Write the checkpoint in place of the previous one. `fingerprint` names the run: its settings, seed and data."""
    meta = json.dumps({"fingerprint": fingerprint, "progress": asdict(checkpoint.progress)})
    arrays: dict[str, Any] = {_META: np.frombuffer(meta.encode(), np.uint8)}
    arrays |= {f"now/{name}": array for name, array in checkpoint.variables.items()}
    arrays |= {f"best/{name}": array for name, array in checkpoint.best.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path, fingerprint: str) -> Checkpoint | None:
    """The checkpoint at `path`; None where there is none.

    Raises:
        StaleInputError: it belongs to another run.
    """
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        meta = json.loads(file[_META].tobytes())
        if meta["fingerprint"] != fingerprint:
            raise StaleInputError(
                where=str(path),
                rule="a training resumes only from its own checkpoint (same settings, seed and data).",
                came=f"fingerprint {meta['fingerprint']} instead of {fingerprint}",
                do="Delete the checkpoint, or name another folder.",
            )
        return Checkpoint(Progress(**meta["progress"]), _part(file, "now/"), _part(file, "best/"))


def _part(file: Mapping[str, Any], prefix: str) -> Arrays:
    return {name.removeprefix(prefix): file[name] for name in file if name.startswith(prefix)}
