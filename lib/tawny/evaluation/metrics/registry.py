"""What a metric is, and how metrics are found.

A metric's file declares `METRIC`, as a job's file declares `JOB`. Shapes: U users of a batch, K list, I items.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import tawny.evaluation.metrics as package
from tawny.core.arrays import Bools, Counts, Doubles, Ints
from tawny.core.errors import ConfigError
from tawny.core.registry import declared


@dataclass(frozen=True)
class AccuracyMetric:
    """A value per user, from the hits: in [0, 1], higher is better, not lowered when a hit moves up.

    Attributes:
        name: the file's name; also in `evaluations_v2`.
        compute: (hits bool [U, K], n_relevant int64 [U], k) to float64 [U]; 0 for a user without a list, NaN for one
            without relevant items.
    """

    name: str
    compute: Callable[[Bools, Counts, int], Doubles]


@dataclass(frozen=True)
class GradedMetric(AccuracyMetric):
    """An accuracy metric that knows what each hit is worth.

    Attributes:
        compute: as of AccuracyMetric, and with a fourth argument, the Gains of the hits, where answers have values.
    """

    compute: Callable[..., Doubles]


@dataclass(frozen=True)
class ListMetric:
    """A value per user, from the list alone; NaN for a user without a list.

    Attributes:
        name: the file's name; also in `evaluations_v2`.
        compute: (lists int32 [U, K] padded with -1, popularity int64 [I], k) to float64 [U], at most 64 either side of 0.
    """

    name: str
    compute: Callable[[Ints, Counts, int], Doubles]


@dataclass(frozen=True)
class CatalogMetric:
    """One value of all lists together.

    Attributes:
        name: the file's name; also in `evaluations_v2`.
        compute: times_listed int64 [I], the number of lists that hold each item, to a float.
    """

    name: str
    compute: Callable[[Counts], float]


Metric = AccuracyMetric | ListMetric | CatalogMetric


@cache
def metrics() -> dict[str, Metric]:
    """Every metric of the package by name, in the order of the names.

    Raises:
        ConfigError: a file's `METRIC` is not a metric, or has another name than its file.
    """
    found: dict[str, Metric] = declared(package, "METRIC", Metric)
    for name, metric in found.items():
        if metric.name != name:
            rule = "a metric must have the name of its file."
            where = f"{package.__name__}.{name}"
            raise ConfigError(where=where, rule=rule, came=repr(metric.name), do="Rename one of them.")
    return found
