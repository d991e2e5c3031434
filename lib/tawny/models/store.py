"""Models as files, and the files as rows of models_v1: `config.json` and one `<array>.npy` per array; never pickle."""

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa

from tawny.core.arrays import Arrays
from tawny.core.columns import Fold
from tawny.core.errors import InputError, StaleInputError
from tawny.models.base import Model
from tawny.models.registry import model_class

CONFIG_FILE = "config.json"

TUNING_FILE = "tuning.json"
"""How the settings were found (evaluation.tuning.Tuned.text); beside the model of the fold `validation`."""

CHUNK_BYTES = 32 * 2**20
"""The largest chunk of a file."""

_ROWS = pa.schema(
    {
        "fold": pa.string(),
        "file": pa.string(),
        "chunk": pa.int32(),
        "payload": pa.binary(),
        "model_version": pa.string(),
    }
)


class Saveable(Protocol):
    """Anything made of arrays and settings: every `Model`, and the ranker of ranking/."""

    name: ClassVar[str]

    def arrays(self) -> Arrays:
        """Its arrays, by name."""

    def config(self) -> dict[str, Any]:
        """Its settings, JSON-serialisable."""

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The object that `config()` and `arrays()` came from."""


S = TypeVar("S", bound=Saveable)


def to_files(model: Saveable) -> dict[str, bytes]:
    """The model's files as bytes, by file name; the same model gives the same bytes."""
    head = {"model": model.name, "config": model.config()}
    files = {CONFIG_FILE: json.dumps(head, sort_keys=True, indent=2, allow_nan=False).encode()}
    for name, array in sorted(model.arrays().items()):
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
        files[f"{name}.npy"] = buffer.getvalue()
    return files


def load_model(files: Mapping[str, bytes]) -> Model:
    """The model of these files, which `to_files` wrote; the config names its class.

    Raises:
        InputError: there is no config.json.
        ConfigError: there is no such model.
    """
    return load(model_class(_head(files)["model"]), files)


def load(saved_class: type[S], files: Mapping[str, bytes]) -> S:
    """The object of these files, which `to_files` wrote.

    Raises:
        InputError: there is no config.json, or the files are of another model.
    """
    head = _head(files)
    if head["model"] != saved_class.name:
        rule, came = f"they must be those of {saved_class.name}.", f"those of {head['model']}"
        raise InputError(where="the files of a model", rule=rule, came=came, do="Load the model by its own name.")
    payloads = {name.removesuffix(".npy"): payload for name, payload in files.items() if name.endswith(".npy")}
    arrays = {name: np.load(io.BytesIO(payload), allow_pickle=False) for name, payload in payloads.items()}
    return saved_class.restore(head["config"], arrays)


def model_version(files: Mapping[str, bytes]) -> str:
    """The first 12 hex digits of the SHA-256 over all file names and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:12]


def model_rows(models: Mapping[Fold, Saveable], tuning: str | None = None) -> pa.Table:
    """Models by fold as rows of models_v1, without run_date and model.

    Args:
        models: by fold.
        tuning: the text of TUNING_FILE, where the settings were found on `validation`.
    """
    rows = []
    for fold, model in models.items():
        files = to_files(model)
        if tuning is not None and fold == "validation":
            files[TUNING_FILE] = tuning.encode()
        version = model_version(files)
        for file, payload in files.items():
            for chunk, start in enumerate(range(0, max(len(payload), 1), CHUNK_BYTES)):
                part = payload[start : start + CHUNK_BYTES]
                rows.append({"fold": fold, "file": file, "chunk": chunk, "payload": part, "model_version": version})
    return pa.Table.from_pylist(rows, schema=_ROWS)


def saved_files(rows: pa.Table, model: str, fold: str) -> dict[str, bytes]:
    """The files of one model and fold, from rows of models_v1.

    Raises:
        StaleInputError: there is no such model.
    """
    parts: dict[str, list[bytes]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: (row["file"], row["chunk"])):
        if row["model"] == model and row["fold"] == fold:
            parts.setdefault(row["file"], []).append(row["payload"])
    if not parts:
        rule, do = f"the model {model} must have been trained on fold {fold}.", f"Run train_{model} for this run_date."
        raise StaleInputError(where="models_v1", rule=rule, came="no rows", do=do)
    return {file: b"".join(chunks) for file, chunks in parts.items()}


def enough_candidates(rows: pa.Table, model: str) -> int | None:
    """How long the model's lists must be, as its tuning found; None where it did not ask. `rows` are those of models_v1."""
    files = saved_files(rows, model, "validation")
    found: int | None = json.loads(files[TUNING_FILE])["n_candidates"] if TUNING_FILE in files else None
    return found


def versions(rows: pa.Table, fold: str) -> dict[str, str]:
    """model -> model_version of one fold, from rows of models_v1."""
    return {row["model"]: row["model_version"] for row in rows.drop_columns(["payload"]).to_pylist() if row["fold"] == fold}


def _head(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The content of config.json: `model` and `config`."""
    if CONFIG_FILE not in files:
        rule, came = f"a model must have a {CONFIG_FILE}.", ", ".join(sorted(files)) or "no file"
        raise InputError(where="the files of a model", rule=rule, came=came, do="Train the model again.")
    head: dict[str, Any] = json.loads(files[CONFIG_FILE])
    return head
