"""Made batches for the evaluation's tests."""

from collections.abc import Callable

import numpy as np
import pytest

from tawny.evaluation.plan import Batch, Plan
from tawny.metrics.hits import Relevant

N_ITEMS = 30


@pytest.fixture
def plan() -> Plan:
    return Plan(ks=(2, 5), popularity=np.arange(N_ITEMS) ** 2, seed=11, segments=("new",), n_resamples=40)


@pytest.fixture(scope="session")
def make_batch() -> Callable[..., Batch]:
    """`make_batch(n_users, seed)`: lists of up to 5 of 30 items; some are empty, some users chose nothing."""

    def make(n_users: int, seed: int) -> Batch:
        rng = np.random.default_rng(seed)
        lists = np.argsort(rng.random((n_users, N_ITEMS)), axis=1)[:, :5].astype(np.int32)
        lists[np.arange(5) >= rng.integers(0, 8, (n_users, 1))] = -1
        indptr = np.concatenate([[0], np.cumsum(rng.integers(0, 9, n_users))])
        relevant = Relevant(indptr, rng.integers(0, N_ITEMS, indptr[-1]).astype(np.int32))
        keys = rng.integers(0, 2**64, n_users, dtype=np.uint64)
        return Batch(keys, lists, relevant, {"new": rng.random(n_users) < 0.3})

    return make


@pytest.fixture(scope="session")
def take() -> Callable[[Batch, list[int]], Batch]:
    """`take(batch, users)`: the batch of those rows, in that order."""

    def pick(batch: Batch, users: list[int]) -> Batch:
        chosen = [batch.relevant.items[batch.relevant.indptr[u] : batch.relevant.indptr[u + 1]] for u in users]
        indptr = np.cumsum([0, *map(len, chosen)])
        relevant = Relevant(indptr, np.concatenate([np.empty(0, np.int32), *chosen]))
        segments = {name: member[users] for name, member in batch.segments.items()}
        return Batch(batch.keys[users], batch.lists[users], relevant, segments)

    return pick
