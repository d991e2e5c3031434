"""What a metric is, and how the files that hold one are found.

A metric's file declares `METRIC`, as a job's file declares `JOB`. Shapes: U users of a batch, K list, I items.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import tawny.metrics
from tawny.metrics.hits import Bools, Counts, Lists, Values


@dataclass(frozen=True)
class AccuracyMetric:
    """A value per user, from what was hit: in [0, 1], higher is better, not lowered when a hit moves up.

    Attributes:
        name: of the file and of the rows in `evaluations_v1`.
        of: (hits bool [U, K], n_relevant int64 [U], k) to float64 [U]; 0 for a user without a list, NaN for one without
            relevant items.
    """

    name: str
    of: Callable[[Bools, Counts, int], Values]


@dataclass(frozen=True)
class ListMetric:
    """A value per user, from the list alone; NaN for a user without a list, of whom it can say nothing.

    Attributes:
        name: of the file and of the rows in `evaluations_v1`.
        of: (lists int32 [U, K] padded with -1, popularity int64 [I], k) to float64 [U], at most 64 either side of 0.
    """

    name: str
    of: Callable[[Lists, Counts, int], Values]


@dataclass(frozen=True)
class CatalogueMetric:
    """One value of all lists together.

    Attributes:
        name: of the file and of the rows in `evaluations_v1`.
        of: times_listed int64 [I], the number of lists that hold each item, to a float.
    """

    name: str
    of: Callable[[Counts], float]


Metric = AccuracyMetric | ListMetric | CatalogueMetric


@cache
def metrics() -> dict[str, Metric]:
    """Every metric of the package by name, in the order of the names.

    Raises:
        TypeError: when a file's `METRIC` is not a metric.
        ValueError: when a metric's name is not that of its file.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(tawny.metrics.__path__))
    found = {name: _declared(name) for name in names}
    return {name: metric for name, metric in found.items() if metric is not None}


def _declared(name: str) -> Metric | None:
    """The metric that the file `name` declares, or None for a file that declares none (this one)."""
    declared: object = getattr(importlib.import_module(f"{tawny.metrics.__name__}.{name}"), "METRIC", None)
    if declared is None:
        return None
    if not isinstance(declared, Metric):
        raise TypeError(
            f"metrics/{name}.py: METRIC must be an AccuracyMetric, a ListMetric or a CatalogueMetric. "
            f"Received: a {type(declared).__name__}."
        )
    if declared.name != name:
        raise ValueError(
            f"metrics/{name}.py: a metric must have the name of its file. Received: {declared.name!r}. Rename one of them."
        )
    return declared
