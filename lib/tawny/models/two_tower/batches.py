"""The batches of the two-tower training: groups of examples, whose answers are each other's negatives.

A group has a fixed number of examples and belongs to one worker. So an example's negatives do not depend on the number of
workers, workers exchange only gradients, and N workers train to the same result as one.

All random numbers are drawn here, by a generator seeded from (seed, epoch, step, group); TensorFlow draws none.

Shapes: G groups of this worker, B examples per group, N uniform negatives, L window, F features, M hidden, I items.
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
        window: int32 [G * B, L], items before the answer, the newest first.
        log_weights: float32 [G * B, L].
        features: float32 [G * B, F], standardised.
        dropout_mask: float32 [G * B, M], what the hidden layer is multiplied by.
        candidates: int32 [G, B + N], the group's answers, then the uniform negatives.
        log_q: float32 [G, B + N], log of the expected number of times that a candidate is in a group.
        excluded: bool [G, B, B + N], candidates that are not negatives of the example.
        answer_weights: float32 [G, B], how much each example counts; their mean over the fold is 1.
    """

    window: Ints
    log_weights: Floats
    features: Floats
    dropout_mask: Floats
    candidates: Ints
    log_q: Floats
    excluded: Bools
    answer_weights: Floats


class Batches:
    """The batches of a fold: `batch(epoch, step)` is a function of its arguments alone."""

    def __init__(self, examples: Examples, shard: Shard, n_items: int, settings: TwoTowerSettings, seed: int) -> None:
        """`n_items` is I."""
        self._examples, self._shard, self._settings, self._seed = examples, shard, settings, seed
        self._n_items = n_items
        weights = examples.users.weights[examples.answers]
        self._answer_weights = weights / weights.mean()
        targets = examples.targets(np.arange(len(examples)))
        popularity = np.bincount(targets, minlength=n_items) / len(examples)
        expected = popularity * settings.negatives_group + settings.uniform_negatives / n_items
        self._log_q = np.log(np.maximum(expected, 1e-12)).astype(np.float32)
        self._order: tuple[int, Counts] | None = None

    def batch(self, epoch: int, step: int) -> Batch:
        """This worker's part of a step, counted from 0 within its epoch; features as the examples hold them."""
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, self._shard.order(self._seed, epoch))
        parts = [self._group(self._order[1][step, g], [self._seed, epoch, step, g]) for g in self._shard.groups]
        fields = list(zip(*parts, strict=True))
        return Batch(*map(np.concatenate, fields[:4]), *map(np.stack, fields[4:]))

    def _group(self, examples: Counts, seed: list[int]) -> Batch:
        settings, rng = self._settings, np.random.default_rng(seed)
        window, log_weights = self._examples.histories(examples, settings.window)
        targets = self._examples.targets(examples)
        uniform = rng.integers(0, self._n_items, settings.uniform_negatives, dtype=np.int32)
        candidates = np.concatenate([targets, uniform])
        return Batch(
            window,
            log_weights,
            self._examples.features(examples),
            dropout_mask((len(examples), settings.hidden), settings.dropout_share, rng),
            candidates,
            self._log_q[candidates],
            accidental_hits(candidates, np.where(log_weights > PADDED / 2, window, -1), self._n_items),
            self._answer_weights[examples],
        )


def dropout_mask(shape: tuple[int, int], share: float, rng: np.random.Generator) -> Floats:
    """float32: 0 for the `share` of units that are dropped; the others are scaled up so that the expected sum stays."""
    kept = rng.random(shape, np.float32) >= share
    return np.asarray(kept / np.float32(1 - share), np.float32)


def accidental_hits(candidates: Ints, window: Ints, n_items: int) -> Bools:
    """bool [B, B + N]: candidates that are not negatives of the example.

    These are the items of the user's window, and the example's answer where it is also another example's answer or a
    uniform negative. The answer itself, on the diagonal, is never excluded.

    Args:
        candidates: int32 [B + N], the first B are the examples' answers.
        window: int32 [B, L], -1 where there is no entry.
        n_items: I.

    Source: Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations" (RecSys 2019) for
    the loss; Yang et al., "Mixed negative sampling for learning two-tower neural networks" (WWW 2020) for the uniform part.
    """
    n = len(window)
    # An item's last column, so that equal items share one; the padding -1 reads the extra entry at the end.
    column = np.full(n_items + 1, -1, np.int32)
    column[candidates] = np.arange(len(candidates), dtype=np.int32)
    is_hit = np.zeros((n, len(candidates) + 1), np.bool_)
    is_hit[np.arange(n)[:, None], column[window]] = True
    is_hit[np.arange(n), column[candidates[:n]]] = True
    excluded = is_hit[:, column[candidates]]
    excluded[np.arange(n), np.arange(n)] = False
    return excluded
