"""Finds the metrics, splits, models, tables and jobs that the files of a folder declare; nothing is listed anywhere.

A file declares a constant (`METRIC`, `SPLIT`, `MODEL`, `JOB`). The constant of a table has the table's name, and a file may
declare two.
"""

import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tawny.core.errors import ConfigError


def declared(package: ModuleType, constant: str, kind: Any, *, submodule: str = "") -> dict[str, Any]:
    """The value of `constant` in every module of the package that has one, by the module's name, in order of name.

    Args:
        package: the folder.
        constant: the name, in capitals.
        kind: what the value must be an instance of.
        submodule: where the package consists of folders, the module of each that declares the constant (`model`).

    Raises:
        ConfigError: a value is of another kind.
    """
    values = {}
    for name, module in _modules(package, submodule):
        value = getattr(module, constant, None)
        if value is not None and not isinstance(value, kind):
            rule = f"{constant} must be {_name_of(kind)}."
            raise ConfigError(where=module.__name__, rule=rule, came=f"a {type(value).__name__}", do="Correct the file.")
        if value is not None:
            values[name] = value
    return values


def instances(package: ModuleType, kind: type[Any]) -> list[Any]:
    """Every constant of that kind in the modules of the package, in order of file and declaration."""
    return [value for _, module in _modules(package, "") for value in vars(module).values() if isinstance(value, kind)]


def names(package: ModuleType, submodule: str = "") -> list[str]:
    """The modules of the package, sorted, or its folders that have `submodule`; none of them is imported."""
    found = pkgutil.iter_modules(package.__path__)
    if submodule:
        path = package.__name__
        return sorted(m.name for m in found if m.ispkg and importlib.util.find_spec(f"{path}.{m.name}.{submodule}"))
    return sorted(m.name for m in found)


def declaring(package: ModuleType, constant: str) -> list[str]:
    """The modules of the package that declare a constant, sorted; read in their source, so that none is imported."""
    said = re.compile(rf"^{constant} = ", re.MULTILINE)
    found = []
    for name in names(package):
        spec = importlib.util.find_spec(f"{package.__name__}.{name}")
        if spec is not None and spec.origin and said.search(Path(spec.origin).read_text(encoding="utf-8")):
            found.append(name)
    return found


def _modules(package: ModuleType, submodule: str) -> Iterator[tuple[str, ModuleType]]:
    for name in names(package, submodule):
        yield name, importlib.import_module(".".join(filter(None, (package.__name__, name, submodule))))


def _name_of(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind)).replace("tawny.", "")
