"""Made batches for the evaluation's tests."""

from collections.abc import Sequence

import numpy as np

from tawny.core.arrays import Ragged
from tawny.evaluation.per_user import UserBatch
from tawny.evaluation.spec import EvaluationRow, EvaluationSpec
from tawny.evaluation.sums import Sums

N_ITEMS = 30
SPEC = EvaluationSpec(ks=(2, 5), popularity=np.arange(N_ITEMS) ** 2, seed=11, segments=("new",), n_resamples=40)


def made_batch(n_users: int, seed: int) -> UserBatch:
    """Lists of up to 5 of 30 items; some are empty, some users chose nothing."""
    rng = np.random.default_rng(seed)
    lists = np.argsort(rng.random((n_users, N_ITEMS)), axis=1)[:, :5].astype(np.int32)
    lists[np.arange(5) >= rng.integers(0, 8, (n_users, 1))] = -1
    indptr = np.concatenate([[0], np.cumsum(rng.integers(0, 9, n_users))])
    relevant = Ragged(indptr, rng.integers(0, N_ITEMS, indptr[-1]).astype(np.int32))
    keys = rng.integers(0, 2**64, n_users, dtype=np.uint64)
    return UserBatch(keys, lists, relevant, {"new": rng.random(n_users) < 0.3})


def take(batch: UserBatch, users: Sequence[int]) -> UserBatch:
    """The batch of those rows, in that order."""
    rows = np.array(users, np.int64)
    chosen = [batch.relevant.values[batch.relevant.indptr[u] : batch.relevant.indptr[u + 1]].tolist() for u in rows]
    segments = {name: member[rows] for name, member in batch.segments.items()}
    return UserBatch(batch.keys[rows], batch.lists[rows], Ragged.from_rows(chosen), segments)


def summed(spec: EvaluationSpec, *batches: UserBatch) -> Sums:
    """The sums over all users of the batches."""
    sums = Sums(spec)
    for batch in batches:
        sums.add(batch)
    return sums


def by_name(sums: Sums) -> dict[tuple[str, str, int], EvaluationRow]:
    """The rows by segment, metric and k."""
    return {(row.segment, row.metric, row.k): row for row in sums.rows()}
