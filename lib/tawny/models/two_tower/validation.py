"""How good a two-tower model is on held-out users, for early stopping.

Shapes: U users, I items.
"""

import numpy as np

from tawny.core.arrays import Bools, Doubles, Floats, Ragged
from tawny.evaluation.metrics.ndcg import ndcg
from tawny.evaluation.metrics.recall import recall
from tawny.evaluation.validate import ValidationSample
from tawny.models.base import Model
from tawny.training.workers import Workers

_K = 10

_AT_ONCE = 512  # users: 100 MB of scores at 50,000 items


def validation_metrics(
    model: Model, temperature: float, is_learned: Bools, sample: ValidationSample, workers: Workers
) -> dict[str, float]:
    """Means over the sample's users: `loss` (of the softmax over all items), `ndcg` and `recall` at 10.

    The loss needs no sampled negatives, as the scores of all items are there for the lists. Answers that nobody took in
    training do not count in it: their vectors stay what chance and categories made them, and the surer the model gets of all
    others, the worse they look. Each worker scores its share of the users; the result is the same on all workers.

    Args:
        model: as it is served.
        temperature: the scores are divided by it.
        is_learned: bool [I], whether an item occurs in training.
        sample: every user has an answer.
        workers: that share the users.
    """
    sums = np.zeros(5)
    for block in sample.blocks(workers.rank, workers.size, _AT_ONCE):
        scores = model.score(block.users)
        hits, n_relevant = block.hits(scores, _K), block.answers.n_distinct
        losses = _softmax_losses(scores / np.float32(temperature), block.answers, is_learned)
        of_lists = [ndcg(hits, n_relevant, _K).sum(), recall(hits, n_relevant, _K).sum(), block.n_users]
        sums += [losses.sum(), len(losses), *of_lists]
    loss, n_with_loss, gain, found, n_users = workers.allreduce_sum(sums).tolist()
    return {"loss": loss / max(n_with_loss, 1), "ndcg": gain / max(n_users, 1), "recall": found / max(n_users, 1)}


def _softmax_losses(logits: Floats, answers: Ragged, is_learned: Bools) -> Doubles:
    """float64 [users with a learned answer]: the mean cross-entropy of these answers."""
    counts = is_learned[answers.values]
    rows, items = answers.rows[counts], answers.values[counts]
    maxima = logits.max(axis=1)
    log_sums = maxima + np.log(np.exp(logits - maxima[:, None]).sum(axis=1, dtype=np.float64))
    n_answers = np.bincount(rows, minlength=len(logits))
    losses = np.bincount(rows, log_sums[rows] - logits[rows, items], minlength=len(logits))
    return losses[n_answers > 0] / n_answers[n_answers > 0]
