"""The models by name. A model is a folder of this package whose model.py declares `MODEL`."""

import importlib

import tawny.models
from tawny.core.errors import ConfigError
from tawny.core.registry import declared, names
from tawny.models.base import Model


def model_class(name: str) -> type[Model]:
    """The class of the model `name`; imports only that folder's model.py.

    Raises:
        ConfigError: there is no such model, or its class has another name.
    """
    known = names(tawny.models, "model")
    if name not in known:
        rule = "a model must be a folder of lib/tawny/models with a model.py."
        do = f"Use one of {', '.join(known)}, or add the folder."
        raise ConfigError(where="the name of a model", rule=rule, came=repr(name), do=do)
    return _checked(name, getattr(importlib.import_module(f"{tawny.models.__name__}.{name}.model"), "MODEL", None))


def model_classes() -> dict[str, type[Model]]:
    """Every model by name, in order of name; imports only the model.py files, so neither Keras nor Spark.

    Raises:
        ConfigError: a `MODEL` is not a Model, or has another name than its folder.
    """
    classes = declared(tawny.models, "MODEL", type, submodule="model")
    return {name: _checked(name, model) for name, model in classes.items()}


def _checked(name: str, model: object) -> type[Model]:
    if isinstance(model, type) and issubclass(model, Model) and model.name == name:
        return model
    rule = "MODEL must be a Model whose `name` is its folder's."
    came = f"{model!r} with the name {getattr(model, 'name', None)!r}"
    raise ConfigError(where=f"models/{name}/model.py", rule=rule, came=came, do="Correct the file.")
