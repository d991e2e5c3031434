"""The training loop, for one worker and for N, and for any model that is a `Trainable`.

The trainable says what a step computes, workers.py what a worker is. This file has steps, epochs, validation, early
stopping, checkpoints and logs.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tawny.core.arrays import Arrays
from tawny.core.errors import WorkerError
from tawny.core.log import key_values
from tawny.training import checkpoint as checkpoints
from tawny.training.checkpoint import Checkpoint, Progress
from tawny.training.workers import Workers

logger = logging.getLogger(__name__)


class Trainable(Protocol):
    """A model that the loop trains."""

    @property
    def variables(self) -> Sequence[Any]:
        """The trainable Keras variables."""

    @property
    def n_steps(self) -> int:
        """Steps of an epoch, the same on every worker."""

    def batch(self, epoch: int, step: int) -> tuple[NDArray[Any], ...]:
        """This worker's part of a step: arrays of the same shapes at every step, a function of the arguments alone."""

    def loss(self, *batch: Any) -> Any:
        """The mean loss over this worker's examples, a scalar tensor; all workers have equally many examples."""

    def validate(self) -> Mapping[str, float]:
        """Metrics on held-out data, the same on every worker; empty without such data."""


@dataclass(frozen=True)
class LoopSettings:
    """How a training runs.

    Attributes:
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        epochs: at most.
        patience: epochs without a better `monitor` before the loop stops; the best epoch's weights are restored.
        monitor: the key of `Trainable.validate` that should rise; without such a key, the last epoch counts as the best.
        checkpoint: the file.
        checkpoint_every_steps: a checkpoint is also written at the end of every epoch.
        fingerprint: names this training; the checkpoint of another is set aside.
        log_dir: TensorBoard's folder.
    """

    learning_rate: float
    weight_decay: float
    epochs: int
    patience: int
    monitor: str
    checkpoint: Path
    checkpoint_every_steps: int
    fingerprint: str
    log_dir: Path


StepHook = Callable[[Progress], None]


class Loop:
    """Trains a model, from the beginning or from its checkpoint."""

    def __init__(self, model: Trainable, workers: Workers, settings: LoopSettings, on_step: StepHook | None = None) -> None:
        """`on_step` is called after every step with the progress so far."""
        self._model, self._workers, self._settings, self._on_step = model, workers, settings, on_step
        self._optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
        self._optimizer.build(model.variables)
        self._step = tf.function(self._train_step)
        self._progress = Progress()
        self._best: Arrays = {}

    def run(self) -> Progress:
        """Train to the last epoch, or until patience runs out; the model's variables then hold the best weights.

        Raises:
            WorkerError: the workers have different data, or end at different steps.
        """
        self._check_same_training()
        self._resume()
        self._workers.broadcast_variables([*self._model.variables, *self._optimizer.variables])  # Horovod:
        if not self._is_finished():  # a finished training that is loaded again adds no file
            with closing(_summaries(self._settings.log_dir, self._workers)) as summaries:
                while not self._is_finished():
                    self._run_epoch(summaries)
        for variable in self._model.variables:
            variable.assign(self._best[variable.path])
        self._check_workers_agree()
        return self._progress

    def _is_finished(self) -> bool:
        done, best = self._progress.epoch, self._progress.best_epoch
        return done >= self._settings.epochs or (best is not None and done - 1 - best >= self._settings.patience)

    def _run_epoch(self, summaries: Any) -> None:
        started, first = time.monotonic(), self._progress.step
        for step in range(first, self._model.n_steps):
            loss = self._step(*self._model.batch(self._progress.epoch, step))
            self._progress = replace(self._progress, step=step + 1, loss_sum=self._progress.loss_sum + float(loss))
            if (step + 1) % self._settings.checkpoint_every_steps == 0:
                self._save()
            if self._on_step:
                self._on_step(self._progress)
        self._end_epoch(time.monotonic() - started, summaries)

    def _train_step(self, *batch: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._model.loss(*batch)
        tape = self._workers.tape(tape)  # Horovod:
        gradients = tape.gradient(loss, [variable.value for variable in self._model.variables])
        self._optimizer.apply(gradients, self._model.variables)
        return loss

    def _end_epoch(self, seconds: float, summaries: Any) -> None:
        progress = self._shared_progress()
        epoch, metrics = progress.epoch, self._model.validate()
        record = {
            "epoch": epoch,
            "train_loss": progress.loss_sum / self._model.n_steps,
            **metrics,
            "seconds": round(seconds, 2),
        }
        monitored = metrics.get(self._settings.monitor, float(epoch))
        progress = replace(progress, epoch=epoch + 1, step=0, loss_sum=0.0, records=[*progress.records, record])
        if monitored > progress.best:
            progress = replace(progress, best=monitored, best_epoch=epoch)
            self._best = _values(self._model.variables)
        self._progress = progress
        self._save()
        if self._workers.is_writer:
            logger.info(key_values({key: round(value, 5) for key, value in record.items()}))
            with summaries.as_default(step=epoch):
                for key, value in record.items():
                    tf.summary.scalar(key, value)

    def _shared_progress(self) -> Progress:
        """The progress with the mean of the workers' losses, the same on all workers."""
        total = self._workers.allreduce_sum(np.array([self._progress.loss_sum]))
        return replace(self._progress, loss_sum=float(total[0]) / self._workers.size)

    def _save(self) -> None:
        self._progress = self._shared_progress()
        if self._workers.is_writer:  # Horovod: only rank 0 writes
            checkpoint = Checkpoint(self._progress, self._values(), self._best)
            checkpoints.save(self._settings.checkpoint, checkpoint, self._settings.fingerprint)

    def _resume(self) -> None:
        settings = self._settings
        checkpoint = None
        if self._workers.is_writer:
            like = Checkpoint(self._progress, self._values(), _values(self._model.variables))
            checkpoint = checkpoints.load(settings.checkpoint, settings.fingerprint, like)
        checkpoint = self._workers.broadcast_object(checkpoint)  # Horovod: only rank 0 needs to see the disk
        if checkpoint is None:
            return
        self._progress, self._best = checkpoint.progress, checkpoint.best
        for variable in self._model.variables:
            variable.assign(checkpoint.variables[variable.path])
        for name, variable in self._named_optimizer_variables():
            variable.assign(checkpoint.variables[name])
        logger.info(key_values({"resumed": settings.checkpoint, "epoch": self._progress.epoch, "step": self._progress.step}))

    def _named_optimizer_variables(self) -> list[tuple[str, Any]]:
        return [(f"optimizer/{number}", variable) for number, variable in enumerate(self._optimizer.variables)]

    def _values(self) -> dict[str, NDArray[Any]]:
        """The variables of model and optimizer."""
        optimizer = {name: np.array(variable.numpy()) for name, variable in self._named_optimizer_variables()}
        return _values(self._model.variables) | optimizer

    def _check_same_training(self) -> None:
        """Raise on a worker whose data, settings or code are not rank 0's: a commit may come between their reads."""
        own, first = self._settings.fingerprint, self._workers.broadcast_object(self._settings.fingerprint)
        if own != first:
            raise WorkerError(
                where=f"worker {self._workers.rank}",
                rule="all workers must train on the same data, with the same settings and code.",
                came=f"fingerprint {own} here, {first} on worker 0",
                do="Train again; if it fails again, compare the installations of the hosts.",
            )

    def _check_workers_agree(self) -> None:
        """Raise unless all workers took the same number of steps: a collective operation may fail without an error."""
        steps = int(self._optimizer.iterations.numpy())
        if self._workers.allreduce_sum(np.array([float(steps)]))[0] != steps * self._workers.size:
            raise WorkerError(
                where=f"worker {self._workers.rank}",
                rule="all workers must end after the same number of steps.",
                came=f"{steps} here, another number elsewhere",
                do="Train again; the checkpoint is kept.",
            )


def _values(variables: Sequence[Any]) -> dict[str, NDArray[Any]]:
    return {variable.path: np.array(variable.numpy()) for variable in variables}


def _summaries(log_dir: Path, workers: Workers) -> Any:
    """TensorBoard's writer on rank 0, one that writes nothing elsewhere."""
    return tf.summary.create_file_writer(str(log_dir)) if workers.is_writer else tf.summary.create_noop_writer()
