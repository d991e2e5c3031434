"""Fitted models in a Spark worker process: loaded once, and shared by all its tasks."""

from collections.abc import Mapping

from tawny.models.base import Model
from tawny.models.store import load_model

_MODELS: dict[str, Model] = {}
"""By version, the one used last at the end."""

_MAX_MODELS = 12
"""The sources of one fold, which a task that merges them needs together."""


def loaded(version: str, files: Mapping[str, bytes]) -> Model:
    """The model of these files, whose `model_version` is `version`; the least recently used is dropped above 12."""
    model = _MODELS.pop(version, None)
    if model is None:
        model = load_model(files)
        while len(_MODELS) >= _MAX_MODELS:
            del _MODELS[next(iter(_MODELS))]
    _MODELS[version] = model
    return model
