"""An evaluation in one process: the distributed one with a single batch, so that both give the same rows.

Shapes: U users, K list, I items.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tawny.evaluation.plan import Batch, EvaluationRow, Plan
from tawny.evaluation.summary import Summary
from tawny.metrics.hits import Bools, Counts, Lists, Relevant


def evaluate(
    lists: Lists,
    relevant: Relevant,
    *,
    ks: Sequence[int],
    popularity: Counts,
    seed: int,
    segments: Mapping[str, Bools] | None = None,
    n_resamples: int = 1000,
) -> list[EvaluationRow]:
    """Every metric of one subject's lists, with intervals, for everyone and for each segment.

    Args:
        lists: int32 [U, K], best first, padded with -1.
        relevant: of the same users.
        ks: lengths at which the lists are judged, ascending.
        popularity: int64 [I], how often each item was chosen before the cutoff.
        seed: of the resamples, in which user u has the key u.
        segments: bool [U] by name.
        n_resamples: bootstrap resamples.

    Raises:
        ValueError: as Plan, Batch and Summary.add.
    """
    members = dict(segments or {})
    plan = Plan(tuple(ks), popularity, seed, tuple(members), n_resamples)
    summary = Summary(plan)
    summary.add(Batch(np.arange(len(lists), dtype=np.uint64), lists, relevant, members))
    return summary.rows()
