"""The values of every metric for every list of a batch.

Shapes: U lists of a batch, K list, I items, V answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tawny.core.arrays import Bools, Doubles, Floats, Ints, Ragged
from tawny.evaluation.metrics.hits import gains, hits
from tawny.evaluation.metrics.registry import AccuracyMetric, GradedMetric, ListMetric, metrics
from tawny.evaluation.spec import EvaluationSpec


@dataclass(frozen=True)
class UserBatch:
    """A batch of lists, each of one user, and the items that the user chose afterwards.

    Attributes:
        keys: uint64 [U], a stable hash of each user's id, which alone decides how often a resample draws the user.
        lists: int32 [U, K], best first, padded with -1.
        relevant: int32, the items that each user chose.
        segments: bool [U] by name, those that the spec names.
        values: float32 [V], above 0: what each value of `relevant` is worth; None: 1 each.

    Raises:
        ValueError: these are not of the same number of users.
    """

    keys: NDArray[np.uint64]
    lists: Ints
    relevant: Ragged
    segments: Mapping[str, Bools] = field(default_factory=dict)
    values: Floats | None = None

    def __post_init__(self) -> None:
        sizes = {"keys": len(self.keys), "lists": len(self.lists), "relevant": self.relevant.n_rows}
        sizes |= {f"segment {name!r}": len(member) for name, member in self.segments.items()}
        if len(set(sizes.values())) != 1:
            raise ValueError(f"all parts of a batch must have one entry per user. Received: {sizes}.")


def per_user(batch: UserBatch, spec: EvaluationSpec) -> pa.RecordBatch:
    """One nullable float64 column per metric and k, named `ndcg_10`; null for a list to which the metric does not apply.

    Args:
        batch: U lists.
        spec: its `columns` are the columns, in that order.

    Raises:
        ValueError: a list names an item twice, or one that is not in the catalog.
    """
    _refuse_unknown_items(batch.lists, spec.n_items)
    is_hit, n_relevant = hits(batch.lists, batch.relevant), batch.relevant.n_distinct
    worth = None if batch.values is None else gains(batch.lists, batch.relevant, batch.values)
    columns: dict[str, Doubles] = {}
    for name, metric in metrics().items():
        for k in spec.ks:
            if isinstance(metric, GradedMetric):
                columns[f"{name}_{k}"] = metric.compute(is_hit, n_relevant, k, worth)
            elif isinstance(metric, AccuracyMetric):
                columns[f"{name}_{k}"] = metric.compute(is_hit, n_relevant, k)
            elif isinstance(metric, ListMetric):
                columns[f"{name}_{k}"] = metric.compute(batch.lists, spec.popularity, k)
    return pa.RecordBatch.from_pydict({name: pa.array(v, pa.float64(), from_pandas=True) for name, v in columns.items()})


def _refuse_unknown_items(lists: Ints, n_items: int) -> None:
    """Raise ValueError where a list, int32 [U, K], names an item outside the catalog of `n_items`."""
    unknown = lists[(lists < -1) | (lists >= n_items)]
    if unknown.size:
        raise ValueError(
            f"listed items must be indices below {n_items}, or -1 for an empty place. Received: {unknown[0]}. "
            "Evaluate lists with the catalog of their own run_date."
        )
