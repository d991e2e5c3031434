"""The training loop, for one worker and for N, and for any model that is a `Trainable`.

The trainable says what a step computes, workers.py what a worker is. This file has steps, rounds of steps, validation,
early stopping, checkpoints and logs. A training is bounded by steps, not by epochs: a step costs the same on any data, and
an epoch of a million examples is not one of a thousand.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

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

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """This worker's part of a step, counted from 0: arrays of the same shapes at every step, a function of it alone."""

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
        min_steps: the loop does not stop before.
        max_steps: at most.
        round_steps: steps from one validation to the next.
        patience: rounds without a better `monitor` before the loop stops; the best round's weights are restored.
        monitor: a key of `Trainable.validate`; without such a key, the last round counts as the best.
        goal: whether the highest or the lowest value of `monitor` is the best.
        checkpoint: the file.
        checkpoint_every_steps: a checkpoint is also written at the end of every round.
        fingerprint: names this training; the checkpoint of another is set aside.
        log_dir: TensorBoard's folder.
        ema_momentum: of the moving average of the weights, which is what is validated and kept; 0 for the last weights.
    """

    learning_rate: float
    weight_decay: float
    min_steps: int
    max_steps: int
    round_steps: int
    patience: int
    monitor: str
    goal: Literal["highest", "lowest"]
    checkpoint: Path
    checkpoint_every_steps: int
    fingerprint: str
    log_dir: Path
    ema_momentum: float = 0.0


StepHook = Callable[[Progress], None]


class Loop:
    """Trains a model, from the beginning or from its checkpoint."""

    def __init__(self, model: Trainable, workers: Workers, settings: LoopSettings, on_step: StepHook | None = None) -> None:
        """`on_step` is called after every step with the progress so far."""
        self._model, self._workers, self._settings, self._on_step = model, workers, settings, on_step
        self._optimizer = keras.optimizers.AdamW(
            settings.learning_rate,
            weight_decay=settings.weight_decay,
            use_ema=settings.ema_momentum > 0,
            ema_momentum=settings.ema_momentum,
        )
        self._optimizer.build(model.variables)
        self._step = tf.function(self._train_step)
        self._progress = Progress()
        self._best: Arrays = {}

    def run(self) -> Progress:
        """Train to the last step, or until patience runs out; the model's variables then hold the best weights.

        Raises:
            WorkerError: the workers have different data, or end at different steps.
        """
        self._check_same_training()
        self._resume()
        self._workers.broadcast_variables([*self._model.variables, *self._optimizer.variables])  # Horovod:
        if not self._is_finished():  # a finished training that is loaded again adds no file
            with closing(_summaries(self._settings.log_dir, self._workers)) as summaries:
                while not self._is_finished():
                    self._run_round(summaries)
        for variable in self._model.variables:
            variable.assign(self._best[variable.path])
        self._check_workers_agree()
        return self._progress

    def _is_finished(self) -> bool:
        progress, settings = self._progress, self._settings
        if progress.step >= settings.max_steps:
            return True
        since_best = [record for record in progress.records if record["step"] > (progress.best_step or 0)]
        return progress.step >= settings.min_steps and len(since_best) >= settings.patience

    def _run_round(self, summaries: Any) -> None:
        started, settings = time.monotonic(), self._settings
        begin = self._begin()
        end = min(begin + settings.round_steps, settings.max_steps)
        for step in range(self._progress.step, end):
            loss = self._step(*self._model.batch(step))
            self._progress = replace(self._progress, step=step + 1, loss_sum=self._progress.loss_sum + float(loss))
            if (step + 1) % settings.checkpoint_every_steps == 0:
                self._save()
            if self._on_step:
                self._on_step(self._progress)
        self._end_round(end - begin, time.monotonic() - started, summaries)

    def _begin(self) -> int:
        """How many steps had been done when this round began."""
        records = self._progress.records
        return int(records[-1]["step"]) if records else 0

    def _train_step(self, *batch: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._model.loss(*batch)
        tape = self._workers.tape(tape)  # Horovod:
        gradients = tape.gradient(loss, [variable.value for variable in self._model.variables])
        self._optimizer.apply(gradients, self._model.variables)
        return loss

    def _end_round(self, n_steps: int, seconds: float, summaries: Any) -> None:
        progress = self._shared_progress()
        with self._averages():
            metrics = self._model.validate()
            if is_better := self._is_better(metrics):
                self._best = _values(self._model.variables)
        record = {
            "step": progress.step,
            "train_loss": progress.loss_sum / n_steps,
            **metrics,
            "seconds": round(seconds, 2),
        }
        progress = replace(progress, loss_sum=0.0, records=[*progress.records, record])
        if is_better:
            progress = replace(progress, best=metrics.get(self._settings.monitor), best_step=progress.step)
        self._progress = progress
        self._save()
        if self._workers.is_writer:
            logger.info(key_values({key: round(value, 5) for key, value in record.items()}))
            with summaries.as_default(step=progress.step):
                for key, value in record.items():
                    tf.summary.scalar(key, value)

    @contextmanager
    def _averages(self) -> Iterator[None]:
        """Inside, the model's variables are their moving averages."""
        own = _values(self._model.variables)
        self._optimizer.finalize_variable_values(self._model.variables)
        yield
        for variable in self._model.variables:
            variable.assign(own[variable.path])

    def _is_better(self, metrics: Mapping[str, float]) -> bool:
        value, best = metrics.get(self._settings.monitor), self._progress.best
        if value is None or best is None:
            return True
        return value > best if self._settings.goal == "highest" else value < best

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
        logger.info(key_values({"resumed": settings.checkpoint, "step": self._progress.step}))

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
