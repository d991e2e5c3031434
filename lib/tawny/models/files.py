"""A model as files: `config.json` and one `<array>.npy` per array; never pickle."""

import hashlib
import io
import json
from collections.abc import Mapping

import numpy as np

from tawny.core.errors import InputError
from tawny.models.registry import Saved, saved_class

CONFIG_FILE = "config.json"


def to_files(model: Saved) -> dict[str, bytes]:
    """The model as the bytes of its files, by file name; the same model gives the same bytes."""
    head = {"model": model.name, "config": model.config()}
    files = {CONFIG_FILE: json.dumps(head, sort_keys=True, indent=2, allow_nan=False).encode()}
    for name, array in sorted(model.arrays().items()):
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
        files[f"{name}.npy"] = buffer.getvalue()
    return files


def from_files(files: Mapping[str, bytes]) -> Saved:
    """The model that `to_files` gave the files of.

    Raises:
        InputError: without a config.json.
        ConfigError: when the model it names does not exist.
    """
    if CONFIG_FILE not in files:
        raise InputError(
            where="the files of a model",
            rule=f"A model must have a {CONFIG_FILE}.",
            came=", ".join(sorted(files)) or "no file",
            do="Train and save it again.",
        )
    head = json.loads(files[CONFIG_FILE])
    arrays = {
        name.removesuffix(".npy"): np.load(io.BytesIO(payload), allow_pickle=False)
        for name, payload in files.items()
        if name != CONFIG_FILE
    }
    return saved_class(head["model"]).restore(head["config"], arrays)


def model_version(files: Mapping[str, bytes]) -> str:
    """The first 12 hex digits of the SHA-256 over all file names and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:12]
