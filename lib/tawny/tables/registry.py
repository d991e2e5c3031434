"""All tables, found by walking this folder: to add a table, add a file."""

import re
from functools import cache

import tawny.tables
from tawny.core.errors import ConfigError
from tawny.core.registry import instances
from tawny.core.table import TableSpec


@cache
def all_tables() -> dict[str, TableSpec]:
    """Every TableSpec declared in tawny.tables, by name."""
    return {spec.name: spec for spec in sorted(instances(tawny.tables, TableSpec), key=lambda spec: spec.name)}


def table(name: str) -> TableSpec:
    """The table of that name; without a version (`events`, `events_quarantine`) it is the newest one.

    Raises:
        ConfigError: there is none.
    """
    tables = all_tables()
    # By length, so that version 10 is newer than 9.
    by_name = {re.sub(r"_v\d+", "", full): tables[full] for full in sorted(tables, key=len)} | tables
    if name in by_name:
        return by_name[name]
    rule = f"the table must be one of {', '.join(tables)}."
    raise ConfigError(where="tables", rule=rule, came=name, do="Correct the name.")
