"""The workers of a training: one process, or N under horovodrun. The only file that imports Horovod.

With one worker Horovod is not imported, and every operation is the identity. Lines that exist because of Horovod are marked.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Workers:
    """A single worker; also the interface of several.

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
        """The gradient tape, wrapped so that it averages gradients over the workers."""
        return tape

    def broadcast_variables(self, variables: Sequence[Any]) -> None:
        """Set the Keras variables of all workers to rank 0's values."""

    def broadcast_object(self, value: Any) -> Any:
        """Rank 0's value, on every worker."""
        return value

    def allreduce_sum(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64: the element-wise sum over the workers, the same on every worker."""
        return values


class HorovodWorkers(Workers):
    """N workers under horovodrun.

    Horovod's optimizer and callbacks do not support Keras 3 (horovod issue 4290), so the tape averages the gradients, and
    variables are broadcast as the TensorFlow variables inside those of Keras.
    """

    def __init__(self) -> None:
        """Wait until all workers have started."""
        import horovod.tensorflow as hvd  # Horovod: imported only where there are several workers

        hvd.init()  # Horovod:
        self._hvd = hvd
        self.rank = hvd.rank()  # Horovod:
        self.size = hvd.size()  # Horovod:

    def tape(self, tape: Any) -> Any:
        """The tape whose `gradient` averages over the workers; sparse gradients are sent dense, so repeated rows merge."""
        return self._hvd.DistributedGradientTape(tape, sparse_as_dense=True)  # Horovod:

    def broadcast_variables(self, variables: Sequence[Any]) -> None:
        """Set the Keras variables of all workers to rank 0's values."""
        self._hvd.broadcast_variables([v.value for v in variables], root_rank=0)  # Horovod:

    def broadcast_object(self, value: Any) -> Any:
        """Rank 0's value, on every worker."""
        return self._hvd.broadcast_object(value, root_rank=0)  # Horovod:

    def allreduce_sum(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64: the element-wise sum over the workers, the same on every worker."""
        return np.asarray(self._hvd.allreduce(values, op=self._hvd.Sum))  # Horovod:


def current() -> Workers:
    """The workers that this process belongs to, by the environment of horovodrun (HOROVOD_SIZE)."""
    return HorovodWorkers() if int(os.environ.get("HOROVOD_SIZE", "1")) > 1 else Workers()
