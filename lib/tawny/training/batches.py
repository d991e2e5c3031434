"""The batches of the two-tower training: examples in groups that are each other's negatives.

A group has a fixed number of examples and belongs to one worker whole, so what an example is compared with does not depend
on the number of workers (nothing but gradients travels), and N workers train to the same result as one.

All randomness is drawn here, by a generator seeded from (seed, epoch, step, group): none is left to TensorFlow.

Shapes: G groups of this worker, B examples per group, N uniform negatives, L window, F features, M hidden, I items.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tawny.models.base import Floats, Ints
from tawny.models.two_tower import PADDED, TwoTowerConfig
from tawny.training.examples import Examples
from tawny.training.shards import Shard

Random = np.random.Generator


class Batch(NamedTuple):
    """One worker's part of one step.

    Attributes:
        window: int32 [G * B, L], items before the answer, the newest first.
        log_weights: float32 [G * B, L].
        features: float32 [G * B, F], standardised.
        keep: float32 [G * B, M], dropout.
        candidates: int32 [G, B + N], the group's answers, then the uniform negatives.
        log_q: float32 [G, B + N], log of how often each candidate is expected among a group's candidates.
        excluded: bool [G, B, B + N], candidates that are no negatives of the example.
        answer_weights: float32 [G, B], what each example counts; their mean over the fold is 1.
    """

    window: Ints
    log_weights: Floats
    features: Floats
    keep: Floats
    candidates: Ints
    log_q: Floats
    excluded: NDArray[np.bool_]
    answer_weights: Floats


class Batches:
    """The batches of a fold: `batch(epoch, step)` is a function of its arguments alone."""

    def __init__(self, examples: Examples, shard: Shard, n_items: int, config: TwoTowerConfig, seed: int) -> None:
        """`n_items` is I."""
        self._examples, self._shard, self._config, self._seed = examples, shard, config, seed
        self._n_items = n_items
        weights = examples.users.weights[examples.answers]
        self._answer_weights = weights / weights.mean()
        targets = examples.targets(np.arange(len(examples)))
        popularity = np.bincount(targets, minlength=n_items) / len(examples)
        expected = popularity * config.negatives_group + config.uniform_negatives / n_items
        self._log_q = np.log(np.maximum(expected, 1e-12)).astype(np.float32)
        self._order: tuple[int, NDArray[np.int64]] | None = None

    def batch(self, epoch: int, step: int) -> Batch:
        """This worker's part of a step, counted from 0 within its epoch; features as the examples hold them."""
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, self._shard.order(self._seed, epoch))
        parts = [self._group(self._order[1][step, g], [self._seed, epoch, step, g]) for g in self._shard.groups]
        fields = list(zip(*parts, strict=True))
        return Batch(*map(np.concatenate, fields[:4]), *map(np.stack, fields[4:]))

    def _group(self, examples: NDArray[np.int64], seed: list[int]) -> Batch:
        config, rng = self._config, np.random.default_rng(seed)
        window, log_weights = self._examples.histories(examples, config.window)
        targets = self._examples.targets(examples)
        uniform = rng.integers(0, self._n_items, config.uniform_negatives, dtype=np.int32)
        candidates = np.concatenate([targets, uniform])
        return Batch(
            window,
            log_weights,
            self._examples.features(examples),
            dropout((len(examples), config.hidden), config.dropout_share, rng),
            candidates,
            self._log_q[candidates],
            no_negatives(candidates, np.where(log_weights > PADDED / 2, window, -1), self._n_items),
            self._answer_weights[examples],
        )


def dropout(shape: tuple[int, int], share: float, rng: Random) -> Floats:
    """float32: 0 for the `share` of units left out, and the others raised so that the expected sum stays."""
    kept = rng.random(shape, np.float32) >= share
    return np.asarray(kept / np.float32(1 - share), np.float32)


def no_negatives(candidates: Ints, window: Ints, n_items: int) -> NDArray[Any]:
    """bool [B, B + N]: the accidental hits, which are no negatives of the example.

    These are the example's answer where it comes again as another's answer or as a uniform negative, and what the user
    has in the window. The answer itself, on the diagonal, always stays.

    Args:
        candidates: int32 [B + N], the first B are the examples' answers.
        window: int32 [B, L], -1 where there is no entry.
        n_items: I.

    Source: Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations" (RecSys 2019) for
    the loss; Yang et al., "Mixed negative sampling for learning two-tower neural networks" (WWW 2020) for the uniform part.
    """
    n = len(window)
    column = np.full(n_items + 1, -1, np.int32)  # an item's (last) column, so that equal items meet; -1 reads the end
    column[candidates] = np.arange(len(candidates), dtype=np.int32)
    hit = np.zeros((n, len(candidates) + 1), np.bool_)
    hit[np.arange(n)[:, None], column[window]] = True
    hit[np.arange(n), column[candidates[:n]]] = True
    excluded = hit[:, column[candidates]]
    excluded[np.arange(n), np.arange(n)] = False
    return excluded
