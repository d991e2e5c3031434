"""The training loop: one for one worker and for N, for any model that is a `Task`.

What a step computes is the task's; what a worker is, workers.py's. This file holds the order of things: steps, epochs,
validation, early stopping, checkpoints, logs.
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

from tawny.core.errors import WorkerError
from tawny.core.log import key_values
from tawny.models.base import Arrays
from tawny.training import checkpoint as checkpoints
from tawny.training.checkpoint import Checkpoint, Progress
from tawny.training.workers import Workers

logger = logging.getLogger(__name__)


class Task(Protocol):
    """What is trained."""

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
        """Metrics on what is held out, the same on every worker; empty where nothing is."""


@dataclass(frozen=True)
class LoopSettings:
    """How long and where.

    Attributes:
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        epochs: at most.
        patience: epochs without a better `watched` before the loop stops; the best epoch's weights are put back.
        watched: the key of `Task.validate` that should rise; without such a key, every epoch counts as the best.
        checkpoint: the file.
        checkpoint_every_steps: also at every epoch's end.
        fingerprint: names this run; a checkpoint of another is refused.
        log_dir: TensorBoard's folder.
    """

    learning_rate: float
    weight_decay: float
    epochs: int
    patience: int
    watched: str
    checkpoint: Path
    checkpoint_every_steps: int
    fingerprint: str
    log_dir: Path


StepHook = Callable[[Progress], None]


class Loop:
    """Trains a task, from the beginning or from its checkpoint."""

    def __init__(self, task: Task, workers: Workers, settings: LoopSettings, on_step: StepHook | None = None) -> None:
        """`on_step` is called after every step with the progress so far."""
        self._task, self._workers, self._settings, self._on_step = task, workers, settings, on_step
        self._optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
        self._optimizer.build(task.variables)
        self._step = tf.function(self._train_step)
        self._progress = Progress()
        self._best: Arrays = {}

    def run(self) -> Progress:
        """Train until the last epoch or until patience ends; leaves the best weights in the task's variables.

        Raises:
            StaleInputError: the checkpoint belongs to another run.
            WorkerError: the workers end at different steps.
        """
        self._resume()
        self._workers.same_everywhere([*self._task.variables, *self._optimizer.variables])  # Horovod:
        with closing(_summaries(self._settings.log_dir, self._workers)) as summaries:
            while not self._is_over():
                self._epoch(summaries)
        for variable in self._task.variables:
            variable.assign(self._best[variable.path])
        self._check_workers_agree()
        return self._progress

    def _is_over(self) -> bool:
        done, best = self._progress.epoch, self._progress.best_epoch
        return done >= self._settings.epochs or (best is not None and done - 1 - best >= self._settings.patience)

    def _epoch(self, summaries: Any) -> None:
        started, first = time.monotonic(), self._progress.step
        for step in range(first, self._task.n_steps):
            loss = self._step(*self._task.batch(self._progress.epoch, step))
            self._progress = replace(self._progress, step=step + 1, loss_sum=self._progress.loss_sum + float(loss))
            if (step + 1) % self._settings.checkpoint_every_steps == 0:
                self._save()
            if self._on_step:
                self._on_step(self._progress)
        self._end_epoch(time.monotonic() - started, summaries)

    def _train_step(self, *batch: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._task.loss(*batch)
        tape = self._workers.tape(tape)  # Horovod:
        gradients = tape.gradient(loss, [variable.value for variable in self._task.variables])
        self._optimizer.apply(gradients, self._task.variables)
        return loss

    def _end_epoch(self, seconds: float, summaries: Any) -> None:
        now = self._shared_progress()
        metrics = self._task.validate()
        record = {
            "epoch": now.epoch,
            "train_loss": now.loss_sum / self._task.n_steps,
            **metrics,
            "seconds": round(seconds, 2),
        }
        watched = metrics.get(self._settings.watched, float(now.epoch))
        now = replace(now, epoch=now.epoch + 1, step=0, loss_sum=0.0, records=[*now.records, record])
        if watched > now.best:
            now = replace(now, best=watched, best_epoch=now.epoch - 1)
            self._best = _values(self._task.variables)
        self._progress = now
        self._save()
        if self._workers.is_writer:
            logger.info(key_values({key: round(value, 5) for key, value in record.items()}))
            with summaries.as_default(step=now.epoch - 1):
                for key, value in record.items():
                    tf.summary.scalar(key, value)

    def _shared_progress(self) -> Progress:
        """The progress with the mean of the workers' losses, the same on all."""
        total = self._workers.total(np.array([self._progress.loss_sum]))
        return replace(self._progress, loss_sum=float(total[0]) / self._workers.size)

    def _save(self) -> None:
        self._progress = self._shared_progress()
        if self._workers.is_writer:  # Horovod: only rank 0 writes
            variables = _values(self._task.variables) | self._optimizer_values()
            checkpoint = Checkpoint(self._progress, variables, self._best)
            checkpoints.save(self._settings.checkpoint, checkpoint, self._settings.fingerprint)

    def _resume(self) -> None:
        own = self._settings
        found = checkpoints.load(own.checkpoint, own.fingerprint) if self._workers.is_writer else None
        found = self._workers.from_writer(found)  # Horovod: the others need not see rank 0's disk
        if found is None:
            return
        self._progress, self._best = found.progress, found.best
        for variable in self._task.variables:
            variable.assign(found.variables[variable.path])
        for name, variable in self._named_optimizer_variables():
            variable.assign(found.variables[name])
        logger.info(key_values({"resumed": own.checkpoint, "epoch": self._progress.epoch, "step": self._progress.step}))

    def _named_optimizer_variables(self) -> list[tuple[str, Any]]:
        return [(f"optimizer/{number}", variable) for number, variable in enumerate(self._optimizer.variables)]

    def _optimizer_values(self) -> dict[str, NDArray[Any]]:
        return {name: variable.numpy() for name, variable in self._named_optimizer_variables()}

    def _check_workers_agree(self) -> None:
        """A collective that fails softly would look like success: all must have taken the last step."""
        steps = int(self._optimizer.iterations.numpy())
        if self._workers.total(np.array([float(steps)]))[0] != steps * self._workers.size:
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
