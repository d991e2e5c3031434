"""Finds a model's class by name: the class in `models/<name>.py` that bears the file's name. Nothing is listed anywhere."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
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
    path = f"{tawny.models.__name__}.{name}"
    found = _named_class(path, name) if name.isidentifier() and importlib.util.find_spec(path) else None
    if found is None:
        raise ConfigError(
            where="the name of a model",
            rule="A model must be a class that bears its file's name, in lib/tawny/models/<name>.py.",
            came=repr(name),
            do=f"Use one of {', '.join(sorted(_file_names()))}, or add the file.",
        )
    return found


def model_classes() -> dict[str, type[Model]]:
    """Every `Model` of the folder by name, in order of name; imports all of its files."""
    found = {name: _named_class(f"{tawny.models.__name__}.{name}", name) for name in _file_names()}
    return {name: kind for name, kind in sorted(found.items()) if kind is not None and issubclass(kind, Model)}


def _file_names() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(tawny.models.__path__)]


def _named_class(path: str, name: str) -> type[Any] | None:
    classes = (value for value in vars(importlib.import_module(path)).values() if isinstance(value, type))
    return next((kind for kind in classes if kind.__module__ == path and getattr(kind, "name", None) == name), None)
