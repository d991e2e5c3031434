"""Which part of a step each worker computes, so that the sum over the workers does not depend on their number.

The order of the examples is a function of (seed, epoch). A step takes the next `global_batch` examples, and each worker an
equal part of them. Where they do not divide evenly, parts are filled up with examples that count nothing. Every rank runs
the same number of steps: if one stopped early, the others would wait in an allreduce.

Shapes: E examples, B examples of a step, W examples of a worker's part.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tawny.core.errors import ConfigError

_WHERE = "training batches"


class Shard:
    """The parts of one worker.

    Attributes:
        epoch_steps: steps in which every example comes at least once, the same on every rank.
        shares: float32 [W], how much each example of a part counts in this worker's mean, so that the mean of the workers'
            means is the mean over B. All 1 where B divides by the workers.
    """

    def __init__(self, n_examples: int, global_batch: int, seed: int, rank: int = 0, size: int = 1) -> None:
        """Examples E in steps of B = `global_batch` over `size` workers, of which this is number `rank`.

        Raises:
            ConfigError: there is no example, or there are more workers than examples in a step.
        """
        check_workers(global_batch, size)
        if n_examples < 1:
            came = "histories without two entries"
            raise ConfigError(where=_WHERE, rule="there must be an example to train on.", came=came, do="Widen the fold.")
        self._n_examples, self._global_batch, self._seed = n_examples, global_batch, seed
        self.epoch_steps = -(-n_examples // global_batch)
        width = -(-global_batch // size)
        places = rank * width + np.arange(width)
        self._places = np.minimum(places, global_batch - 1)
        self.shares = np.asarray((places < global_batch) * (size * width / global_batch), np.float32)
        self._order: tuple[int, NDArray[np.int64]] | None = None

    def examples(self, step: int) -> NDArray[np.int64]:
        """int64 [B]: the examples of a step, counted from 0 over all epochs, the same on every rank.

        The last step of an epoch is filled up with the epoch's first examples.
        """
        epoch, step_of_epoch = divmod(step, self.epoch_steps)
        if self._order is None or self._order[0] != epoch:
            shuffled = np.random.default_rng([self._seed, epoch]).permutation(self._n_examples)
            self._order = epoch, np.resize(shuffled, (self.epoch_steps, self._global_batch))
        examples: NDArray[np.int64] = self._order[1][step_of_epoch]
        return examples

    def own(self, values: NDArray[Any]) -> NDArray[Any]:
        """[W, ...]: this worker's part of what a step has for its examples, [B, ...]."""
        own: NDArray[Any] = values[self._places]
        return own


def check_workers(global_batch: int, size: int) -> None:
    """Raise before anything is read where some workers would have no example.

    Raises:
        ConfigError: there are more workers than examples in a step.
    """
    if size > global_batch:
        rule = "there must not be more workers than examples in a step."
        came = f"global_batch = {global_batch}, workers = {size}"
        do = f"Set global_batch to {size} or more, or train with at most {global_batch} workers."
        raise ConfigError(where=_WHERE, rule=rule, came=came, do=do)
