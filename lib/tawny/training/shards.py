"""Which part of an epoch each worker computes, so that the sum over the workers does not depend on their number.

The order of the examples is a function of (seed, epoch). A step takes the next `global_batch` examples in groups, and the
groups are assigned to the workers by rank. Every rank runs the same number of steps: if one stopped early, the others would
wait in an allreduce.

Shapes: E examples, S steps, G groups per step, B examples per group.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tawny.core.errors import ConfigError


@dataclass(frozen=True)
class Shard:
    """The groups of one worker.

    Attributes:
        n_examples: E.
        global_batch: G * B, over all workers.
        group: B.
        rank: this worker's number.
        size: how many workers there are.

    Raises:
        ConfigError: the groups cannot be divided evenly, or there is no example.
    """

    n_examples: int
    global_batch: int
    group: int
    rank: int = 0
    size: int = 1

    def __post_init__(self) -> None:
        """Check that the groups can be divided evenly."""
        if self.n_examples < 1:
            self._refuse("there must be an example to train on", "histories without two entries", "Widen the fold.")
        if self.global_batch % self.group or self.n_groups % self.size:
            came = f"global_batch = {self.global_batch}, group = {self.group}, workers = {self.size}"
            self._refuse(
                "the global batch must be a whole number of groups, and the groups must divide by the workers",
                came,
                f"Make global_batch a multiple of {self.group * self.size}, or change the number of workers.",
            )

    @property
    def n_groups(self) -> int:
        """G, over all workers."""
        return self.global_batch // self.group

    @property
    def n_steps(self) -> int:
        """S of an epoch, the same on every rank."""
        return -(-self.n_examples // self.global_batch)

    @property
    def groups(self) -> range:
        """The numbers of this worker's groups in a step."""
        share = self.n_groups // self.size
        return range(self.rank * share, (self.rank + 1) * share)

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """int64 [S, G, B]: the examples of an epoch by step and group, the same on every rank.

        The last step is filled up with the first examples, so each example occurs at least once.
        """
        shuffled = np.random.default_rng([seed, epoch]).permutation(self.n_examples)
        return np.resize(shuffled, (self.n_steps, self.n_groups, self.group))

    def _refuse(self, rule: str, came: str, do: str) -> None:
        raise ConfigError(where="training batches", rule=f"{rule}.", came=came, do=do)
