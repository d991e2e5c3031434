"""The batches of the two-tower training: in a step, the answers of all examples are each other's negatives.

A worker computes the scores of its own part of the examples against the candidates of the whole step: every worker holds
all histories, so it knows the others' answers without asking. So an example's negatives do not depend on the number of
workers, workers exchange only gradients, and N workers train to the same result as one.

All random numbers are drawn here, by a generator seeded from (seed, step); TensorFlow draws none.

Shapes: B examples of a step, W of them this worker's, N uniform negatives, C candidates, L window, F features, M hidden,
I items.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tawny.core.arrays import Bools, Counts, Floats, Histories, Ints
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.windows import PADDED, windows
from tawny.training.shards import Shard


@dataclass(frozen=True)
class Examples:
    """Training examples: each history entry is the answer of one example, to predict from the entries before it.

    They are ordered by user, then from the oldest answer to the newest: a function of the histories alone.

    Attributes:
        users: the histories.
        rows: int64 [E], each example's user, a row of `users`.
        starts: int64 [E], the user's first entry.
        answers: int64 [E], the entry to predict.
    """

    users: Histories
    rows: Counts
    starts: Counts
    answers: Counts

    def __len__(self) -> int:
        """E."""
        return len(self.answers)

    def targets(self, examples: Counts) -> Ints:
        """int32 [B]: the items to predict in the given examples, int64 [B]."""
        return self.users.items[self.answers[examples]]

    def histories(self, examples: Counts, length: int) -> tuple[Ints, Floats]:
        """The window of `length` entries before each answer, as `windows` gives it: items and log-weights, [B, L].

        The user tower uses only ratios of weights. Decay by age keeps the ratio of two entries the same at any moment, so
        the weights at the fold's cutoff also hold at the earlier moment of the example.
        """
        return windows(self.users, self.starts[examples], self.answers[examples], length)

    def features(self, examples: Counts) -> Floats:
        """float32 [B, F]: the features of each example's user; F is 0 where there are none."""
        if self.users.features is None:
            return np.zeros((len(examples), 0), np.float32)
        return self.users.features[self.rows[examples]]


def next_item_examples(users: Histories) -> Examples:
    """The examples of a batch of histories.

    A user's first entry is an answer only with features: without them there is nothing to predict it from.

    >>> users = Histories(np.array([0, 3, 4]), np.array([7, 8, 9, 5], np.int32), np.ones(4, np.float32), np.zeros(4))
    >>> next_item_examples(users).answers
    array([1, 2])
    """
    rows = users.rows
    starts = np.asarray(users.indptr[rows], np.int64)
    entries = np.arange(len(users.items), dtype=np.int64)
    has_features = users.features is not None and users.features.shape[1] > 0
    kept = np.flatnonzero(entries >= starts + (not has_features))
    return Examples(users, rows[kept], starts[kept], entries[kept])


class Batch(NamedTuple):
    """One worker's part of one step.

    Attributes:
        window: int32 [W, L], items before the answer, the newest first.
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
        self._n_items = n_items
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
        window, log_weights = self._examples.histories(examples, settings.window)
        uniform = rng.integers(0, self._n_items, settings.uniform_negatives, dtype=np.int32)
        candidates = np.concatenate([self._examples.targets(together), uniform])
        return Batch(
            window,
            log_weights,
            self._examples.features(examples),
            shard.own(dropout_mask((len(together), settings.hidden), settings.dropout_share, rng)),
            answers,
            self._answer_weights[examples] * shard.shares,
            accidental_hits(candidates, answers, np.where(log_weights > PADDED / 2, window, -1), self._n_items),
            candidates,
            self._log_q[candidates],
        )


def dropout_mask(shape: tuple[int, int], share: float, rng: np.random.Generator) -> Floats:
    """float32: 0 for the `share` of units that are dropped; the others are scaled up so that the expected sum stays."""
    kept = rng.random(shape, np.float32) >= share
    return np.asarray(kept / np.float32(1 - share), np.float32)


def accidental_hits(candidates: Ints, answers: Ints, window: Ints, n_items: int) -> Bools:
    """bool [W, C]: candidates that are not negatives of the example.

    These are the items of the user's window, and the example's answer where it is also another example's answer or a
    uniform negative. The answer itself is never excluded.

    Args:
        candidates: int32 [C].
        answers: int32 [W], the candidate that is the example's answer.
        window: int32 [W, L], -1 where there is no entry.
        n_items: I.

    Source: Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations" (RecSys 2019) for
    the loss; Yang et al., "Mixed negative sampling for learning two-tower neural networks" (WWW 2020) for the uniform part.
    """
    rows = np.arange(len(window))
    # An item's last column, so that equal items share one; the padding -1 reads the extra entry at the end.
    column = np.full(n_items + 1, -1, np.int32)
    column[candidates] = np.arange(len(candidates), dtype=np.int32)
    is_hit = np.zeros((len(window), len(candidates) + 1), np.bool_)
    is_hit[rows[:, None], column[window]] = True
    is_hit[rows, column[candidates[answers]]] = True
    excluded = is_hit[:, column[candidates]]
    excluded[rows, answers] = False
    return excluded
