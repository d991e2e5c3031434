"""What a splitter is, and how the file that holds one is found.

A splitter's file has a function `label(events, settings, cutoff)`: the events with two more columns,

    split    string, `fit`, `validation` or `test`;
    cutoffs  struct<validation, test, serve: timestamp>, the instant to which each fold counts ages; an event that the
             fold learns from lies before it.
"""

import importlib
import pkgutil
from collections.abc import Callable
from datetime import datetime
from functools import cache

from pyspark.sql import DataFrame

import tawny.splits
from tawny.core.config import SplitSettings
from tawny.core.errors import ConfigError

Splitter = Callable[[DataFrame, SplitSettings, datetime], DataFrame]


@cache
def splitters() -> dict[str, Splitter]:
    """Every splitter of the package, by the name of its file."""
    modules = (importlib.import_module(f"tawny.splits.{m.name}") for m in pkgutil.iter_modules(tawny.splits.__path__))
    return {module.__name__.rpartition(".")[2]: module.label for module in modules if hasattr(module, "label")}


def with_split(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """The events, all before `cutoff`, with `split` and `cutoffs` as the splitter named by `settings.kind` says.

    Raises:
        ConfigError: there is no such splitter.
    """
    known = splitters()
    if settings.kind not in known:
        rule = f"kind must be one of {', '.join(sorted(known))}."
        raise ConfigError(where="[night.split]", rule=rule, came=settings.kind, do="Correct it, or add the splitter's file.")
    return known[settings.kind](events, settings, cutoff)
