"""How good the model is on what was held out: the model as it would be served, over the whole catalogue.

Shapes: U users, I items, N relevant items of a block, K list.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tawny.metrics.hits import Relevant, hits
from tawny.metrics.ndcg import ndcg
from tawny.metrics.recall import recall
from tawny.models.base import Floats, Histories
from tawny.models.topk import top_k
from tawny.models.two_tower import TwoTower
from tawny.training.workers import Workers

_K = 10
_BLOCK = 512  # users scored at once: 100 MB of scores at 50,000 items


@dataclass(frozen=True)
class HeldOut:
    """What users did in the window after the cutoff.

    Attributes:
        users: their histories before the cutoff.
        relevant: what each of them took after it.
    """

    users: Histories
    relevant: Relevant

    def take(self, rows: NDArray[np.int64]) -> "HeldOut":
        """The given users, int64 [M], in that order."""
        indptr = self.relevant.indptr
        items = [self.relevant.items[indptr[row] : indptr[row + 1]] for row in rows]
        lengths = np.cumsum([0, *map(len, items)])
        return HeldOut(self.users.take(rows), Relevant(lengths.astype(np.int64), np.concatenate(items)))

    def thinned(self, most: int) -> "HeldOut":
        """At most `most` of the users who have both a history and a relevant item, evenly spread over their order."""
        judged = np.flatnonzero((np.diff(self.relevant.indptr) > 0) & (np.diff(self.users.indptr) > 0))
        if len(judged) > most:
            judged = judged[np.linspace(0, len(judged) - 1, most).astype(np.int64)]
        return self.take(judged) if len(judged) else HeldOut(self.users.take(judged), _nothing())


def judge(model: TwoTower, held: HeldOut, workers: Workers) -> dict[str, float]:
    """Means over the users: `loss` (of the softmax over all items), `ndcg` and `recall` at 10, seen items left out.

    Each worker takes its share of the users; the result is the same on all.
    """
    sums = np.zeros(4)
    for start in range(workers.rank * _BLOCK, held.users.n_users, workers.size * _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, held.users.n_users))
        sums += _sums(model, held.take(rows))
    loss, gain, found, n_users = workers.total(sums).tolist()
    count = max(n_users, 1.0)
    return {"loss": loss / count, "ndcg": gain / count, "recall": found / count}


def _sums(model: TwoTower, held: HeldOut) -> NDArray[np.float64]:
    """float64 [4]: loss, NDCG and recall summed over the block's users, and how many they are."""
    scores = model.score(held.users)
    loss = _softmax_loss(scores / model.settings.temperature, held.relevant)
    scores[held.users.rows, held.users.items] = -np.inf
    found = hits(top_k(scores, _K)[0], held.relevant)
    n_relevant = held.relevant.n_relevant
    return np.array([loss, ndcg(found, n_relevant, _K).sum(), recall(found, n_relevant, _K).sum(), held.users.n_users])


def _softmax_loss(logits: Floats, relevant: Relevant) -> float:
    """Sum over the users of the mean cross-entropy of their relevant items."""
    lengths = np.diff(relevant.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    top = logits.max(axis=1)
    log_sums = top + np.log(np.exp(logits - top[:, None]).sum(axis=1, dtype=np.float64))
    losses = log_sums[rows] - logits[rows, relevant.items]
    return float((losses / lengths[rows]).sum())


def _nothing() -> Relevant:
    return Relevant(np.zeros(1, np.int64), np.zeros(0, np.int32))
