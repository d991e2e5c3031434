"""The values of every metric for every user of a batch.

Shapes: U users of a batch, K list, I items.
"""

import pyarrow as pa

from tawny.evaluation.plan import Batch, Plan
from tawny.metrics.hits import Lists, Values, hits
from tawny.metrics.registry import AccuracyMetric, ListMetric, metrics


def per_user(batch: Batch, plan: Plan) -> pa.RecordBatch:
    """One nullable float64 column per metric and k, named `ndcg_10`; null for a user of whom the metric can say nothing.

    Args:
        batch: U users.
        plan: its `columns` are the columns, in that order.

    Raises:
        ValueError: when a list names an item twice, or one that is not in the catalogue.
    """
    refuse_unknown_items(batch.lists, plan.n_items)
    found, n_relevant = hits(batch.lists, batch.relevant), batch.relevant.n_relevant
    columns: dict[str, Values] = {}
    for name, metric in metrics().items():
        for k in plan.ks:
            if isinstance(metric, AccuracyMetric):
                columns[f"{name}_{k}"] = metric.of(found, n_relevant, k)
            elif isinstance(metric, ListMetric):
                columns[f"{name}_{k}"] = metric.of(batch.lists, plan.popularity, k)
    return pa.RecordBatch.from_pydict({name: pa.array(v, pa.float64(), from_pandas=True) for name, v in columns.items()})


def refuse_unknown_items(lists: Lists, n_items: int) -> None:
    """Raise ValueError when a list, int32 [U, K], names an item outside the catalogue of `n_items`."""
    unknown = lists[(lists < -1) | (lists >= n_items)]
    if unknown.size:
        raise ValueError(
            f"listed items must be indices below {n_items}, or -1 for an empty place. Received: {unknown[0]}. "
            "Judge lists with the catalogue of their own run_date."
        )
