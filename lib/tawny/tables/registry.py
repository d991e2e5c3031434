"""All tables, found by walking this folder: a new table is a new file and nothing else."""

import importlib
import pkgutil
from functools import cache

import tawny.tables
from tawny.core.errors import ConfigError
from tawny.core.table import TableSpec


@cache
def all_tables() -> dict[str, TableSpec]:
    """Every TableSpec declared in tawny.tables, by name."""
    found: dict[str, TableSpec] = {}
    for module in pkgutil.iter_modules(tawny.tables.__path__):
        members = vars(importlib.import_module(f"tawny.tables.{module.name}")).values()
        found.update({spec.name: spec for spec in members if isinstance(spec, TableSpec)})
    return dict(sorted(found.items()))


def table(name: str) -> TableSpec:
    """The table of that name; the version may be left out (`events` is `events_v1`).

    Raises:
        ConfigError: there is none.
    """
    tables = all_tables()
    if spec := tables.get(name) or tables.get(f"{name}_v1"):
        return spec
    rule = f"the table must be one of {', '.join(tables)}."
    raise ConfigError(where="tables", rule=rule, came=name, do="Correct the name.")
