"""The batches of the two-tower training: in a step, the answers of all examples are each other's negatives.

A worker computes the scores of its own part of the examples against the candidates of the whole step: every worker holds
all histories, so it knows the others' answers without asking. So an example's negatives do not depend on the number of
workers, workers exchange only gradients, and N workers train to the same result as one.

All random numbers are drawn here, by a generator seeded from (seed, step); TensorFlow draws none.

Shapes: B examples of a step, W of them this worker's, N uniform negatives, C candidates, L window, X items of a user,
F features, M hidden, I items.
"""

from typing import NamedTuple

import numpy as np

from tawny.core.arrays import Bools, Floats, Ints
from tawny.models.two_tower.examples import Examples
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.training.shards import Shard


class Batch(NamedTuple):
    """One worker's part of one step.

    Attributes:
        window: int32 [W, L], items that the answer is predicted from.
        log_weights: float32 [W, L].
        features: float32 [W, F], standardised.
        dropout_mask: float32 [W, M], what the hidden layer is multiplied by.
        answers: int32 [W], where among the candidates the example's answer is.
        weights: float32 [W], how much each example counts in the worker's mean; their mean over the fold is 1.
        excluded: bool [W, C], candidates that are not negatives of the example.
        candidates: int32 [C], items; the same on every worker.
        log_q: float32 [C], log of the expected number of times that a candidate is in a step.
    """

    window: Ints
    log_weights: Floats
    features: Floats
    dropout_mask: Floats
    answers: Ints
    weights: Floats
    excluded: Bools
    candidates: Ints
    log_q: Floats


class Batches:
    """The batches of a fold: `batch(step)` is a function of its argument alone."""

    def __init__(self, examples: Examples, shard: Shard, n_items: int, settings: TwoTowerSettings, seed: int) -> None:
        """`n_items` is I."""
        self._examples, self._shard, self._settings, self._seed = examples, shard, settings, seed
        self._n_items, self._n_keys = n_items, examples.n_keys
        weights = examples.users.weights[examples.answers]
        self._answer_weights = weights / weights.mean()
        targets = examples.targets(np.arange(len(examples)))
        popularity = np.bincount(targets, minlength=n_items) / len(examples)
        expected = popularity * settings.global_batch + settings.uniform_negatives / n_items
        self._log_q = np.log(np.maximum(expected, 1e-12)).astype(np.float32)

    def batch(self, step: int) -> Batch:
        """This worker's part of a step, counted from 0; features as the examples hold them."""
        settings, shard, rng = self._settings, self._shard, np.random.default_rng([self._seed, step])
        together = shard.examples(step)
        examples, answers = shard.own(together), shard.own(np.arange(len(together), dtype=np.int32))
        view = self._examples.view(
            examples, settings.window, shard.own(rng.random((len(together), self._n_keys), np.float32))
        )
        uniform = rng.integers(0, self._n_items, settings.uniform_negatives, dtype=np.int32)
        candidates = np.concatenate([self._examples.targets(together), uniform])
        return Batch(
            view.window,
            view.log_weights,
            self._examples.features(examples),
            shard.own(dropout_mask((len(together), settings.hidden), settings.dropout_share, rng)),
            answers,
            self._answer_weights[examples] * shard.shares,
            accidental_hits(candidates, answers, view.taken, self._n_items),
            candidates,
            self._log_q[candidates],
        )


def dropout_mask(shape: tuple[int, int], share: float, rng: np.random.Generator) -> Floats:
    """float32: 0 for the `share` of units that are dropped; the others are scaled up so that the expected sum stays."""
    kept = rng.random(shape, np.float32) >= share
    return np.asarray(kept / np.float32(1 - share), np.float32)


def accidental_hits(candidates: Ints, answers: Ints, taken: Ints, n_items: int) -> Bools:
    """bool [W, C]: candidates that are not negatives of the example.

    These are items that the user is known to have taken, and the example's answer where it is also another example's answer
    or a uniform negative. The answer itself is never excluded.

    Args:
        candidates: int32 [C].
        answers: int32 [W], the candidate that is the example's answer.
        taken: int32 [W, X], items of the user; -1 pads.
        n_items: I.

    Source: Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations" (RecSys 2019) for
    the loss; Yang et al., "Mixed negative sampling for learning two-tower neural networks" (WWW 2020) for the uniform part.
    """
    rows = np.arange(len(taken))
    # An item's last column, so that equal items share one; the padding -1 reads the extra entry at the end.
    column = np.full(n_items + 1, -1, np.int32)
    column[candidates] = np.arange(len(candidates), dtype=np.int32)
    is_hit = np.zeros((len(taken), len(candidates) + 1), np.bool_)
    is_hit[rows[:, None], column[taken]] = True
    is_hit[rows, column[candidates[answers]]] = True
    excluded = is_hit[:, column[candidates]]
    excluded[rows, answers] = False
    return excluded
