"""The workers of a training: one process, or N started by horovodrun. The only file that knows Horovod.

With one worker Horovod is never imported, and every operation here is the identity. Lines that exist because of Horovod
are marked.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Workers:
    """One worker alone; also the interface of many.

    Attributes:
        rank: this worker's number, from 0; rank 0 writes.
        size: how many workers there are.
    """

    rank = 0
    size = 1

    @property
    def is_writer(self) -> bool:
        """Whether this worker writes checkpoints, logs and tables."""
        return self.rank == 0

    def tape(self, tape: Any) -> Any:
        """The gradient tape, made to average gradients over the workers."""
        return tape

    def same_everywhere(self, variables: Sequence[Any]) -> None:
        """Give all workers rank 0's values of the Keras variables."""

    def from_writer(self, value: Any) -> Any:
        """Rank 0's value, on all workers."""
        return value

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64, the element-wise sum over the workers, on all of them."""
        return values


class HorovodWorkers(Workers):
    """N workers under horovodrun.

    Horovod's optimizer and callbacks do not know Keras 3 (horovod issue 4290), so gradients are averaged by the tape, and
    variables are handed over as the TensorFlow variables inside Keras'.
    """

    def __init__(self) -> None:
        """Join the other workers; waits until all are there."""
        import horovod.tensorflow as hvd  # Horovod: imported only where there are several workers

        hvd.init()  # Horovod:
        self._hvd = hvd
        self.rank = hvd.rank()  # Horovod:
        self.size = hvd.size()  # Horovod:

    def tape(self, tape: Any) -> Any:
        """The tape whose `gradient` averages over the workers; lookups' gradients are sent dense (see two_tower_net.py)."""
        return self._hvd.DistributedGradientTape(tape, sparse_as_dense=True)  # Horovod:

    def same_everywhere(self, variables: Sequence[Any]) -> None:
        """Give all workers rank 0's values of the Keras variables."""
        self._hvd.broadcast_variables([v.value for v in variables], root_rank=0)  # Horovod:

    def from_writer(self, value: Any) -> Any:
        """Rank 0's value, on all workers."""
        return self._hvd.broadcast_object(value, root_rank=0)  # Horovod:

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64, the element-wise sum over the workers, on all of them."""
        return np.asarray(self._hvd.allreduce(values, op=self._hvd.Sum))  # Horovod:


def current() -> Workers:
    """The workers this process belongs to, as horovodrun's environment (HOROVOD_SIZE) says."""
    return HorovodWorkers() if int(os.environ.get("HOROVOD_SIZE", "1")) > 1 else Workers()
