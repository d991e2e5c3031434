"""Finds a model's class by name: the class in `models/<name>.py` that bears the file's name. Nothing is listed anywhere."""

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import tawny.models
from tawny.core.errors import ConfigError
from tawny.models.base import Arrays, Model


@runtime_checkable
class Saved(Protocol):
    """What can be saved and restored: every `Model`, and the blend of them."""

    name: ClassVar[str]

    def arrays(self) -> Arrays:
        """The arrays that it is, by name."""

    def config(self) -> dict[str, Any]:
        """The settings that it is, JSON-serialisable."""

    @classmethod
    def restore(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """The object that `config()` and `arrays()` came from."""


def saved_class(name: str) -> type[Saved]:
    """The class named `name`; imports that file only.

    Raises:
        ConfigError: when there is no such file, or no such class in it.
    """
    found = _named_class(name) if name in _file_names() else None
    if found is None:
        raise ConfigError(
            where="the name of a model",
            rule="A model must be a class that bears its file's name, in lib/tawny/models/<name>.py.",
            came=repr(name),
            do=f"Use one of {', '.join(_file_names())}, or add the file.",
        )
    return found


def model_classes() -> dict[str, type[Model]]:
    """Every `Model` of the folder by name, in order of name; imports their files only."""
    found = {name: _named_class(name) for name in _file_names()}
    return {name: kind for name, kind in found.items() if kind is not None and issubclass(kind, Model)}


def _file_names() -> list[str]:
    """The files that give a class their own name; told from the text, so that no network in Keras is imported."""
    files = (file for folder in tawny.models.__path__ for file in Path(folder).glob("*.py"))
    return sorted(file.stem for file in files if _names_itself(file))


def _names_itself(file: Path) -> bool:
    return re.search(rf'^    name\b.*= "{file.stem}"$', file.read_text(), re.MULTILINE) is not None


def _named_class(name: str) -> type[Any] | None:
    path = f"{tawny.models.__name__}.{name}"
    classes = (value for value in vars(importlib.import_module(path)).values() if isinstance(value, type))
    return next((kind for kind in classes if kind.__module__ == path and getattr(kind, "name", None) == name), None)
