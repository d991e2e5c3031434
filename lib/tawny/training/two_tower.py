"""Training of the two-tower model from plain arrays; where they come from and go to is the job's business.

Shapes: U users, I items, C categories, G groups of a worker, B examples per group, N uniform negatives, D dimensions.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from tawny.models.base import Arrays, Floats, Histories
from tawny.models.two_tower import TwoTower, TwoTowerConfig
from tawny.models.two_tower_net import TwoTowerNet
from tawny.training.batches import Batches
from tawny.training.examples import next_item_examples
from tawny.training.loop import Loop, LoopSettings, StepHook
from tawny.training.shards import Shard
from tawny.training.validation import HeldOut, judge
from tawny.training.workers import Workers

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TwoTowerData:
    """What a fold trains on.

    Attributes:
        train: the histories before the cutoff. Their features are seen by every example of the user, so only features
            that do not change with what the user takes belong here (age, country), or the model learns to look ahead.
        categories: float32 [I, C], 1 where the item is of the category; C may be 0. I is the size of the catalogue.
        held_out: what the training is stopped by, or None where it runs a fixed number of epochs.
    """

    train: Histories
    categories: Floats
    held_out: HeldOut | None = None


@dataclass(frozen=True)
class Trained:
    """What a training gives, the same on every worker.

    Attributes:
        model: as it is served.
        weights: of the net, by name; another fold's training may start from them.
        best_epoch: counted from 0.
        records: one mapping per epoch: train_loss, seconds, and with held-out data loss, ndcg and recall at 10.
    """

    model: TwoTower
    weights: Arrays
    best_epoch: int
    records: Sequence[Mapping[str, float]]


def train(
    data: TwoTowerData,
    config: TwoTowerConfig,
    workers: Workers,
    *,
    checkpoint_dir: Path,
    log_dir: Path,
    seed: int,
    start: Arrays | None = None,
    on_step: StepHook | None = None,
) -> Trained:
    """Train one fold; called by every worker with the same arguments.

    With held-out data: up to `max_epochs`, stopped by patience. Without: `refit_epochs`, or `max_epochs` where there is
    nothing to start from. A training that was killed goes on from the checkpoint in `checkpoint_dir`.

    Args:
        data: the same on every worker.
        config: the settings.
        workers: of `workers.current()`.
        checkpoint_dir: of this fold alone; rank 0 reads and writes it.
        log_dir: for TensorBoard.
        seed: of initial weights, order, negatives and dropout.
        start: weights to start from, of a net of the same settings and catalogue.
        on_step: called after every step.

    Raises:
        ConfigError: the batch cannot be dealt evenly to the workers, or there is nothing to train on.
        StaleInputError: the checkpoint belongs to another training.
    """
    tf.config.experimental.enable_op_determinism()  # measured: no cost on a CPU
    net = TwoTowerNet(config, data.categories, data.train.features, seed)
    if start is not None:
        net.set_weights_by_name(start)
    task = TwoTowerTask(net, data, workers, seed)
    settings = LoopSettings(
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        epochs=config.max_epochs if data.held_out or start is None else config.refit_epochs,
        patience=config.patience,
        watched="ndcg",
        checkpoint=checkpoint_dir / "two_tower.npz",
        checkpoint_every_steps=config.checkpoint_every_steps,
        fingerprint=_fingerprint(data, config, seed, start),
        log_dir=log_dir,
    )
    progress = Loop(task, workers, settings, on_step).run()
    best_epoch = progress.epoch - 1 if progress.best_epoch is None else progress.best_epoch
    return Trained(net.served(), net.weights_by_name(), best_epoch, progress.records)


class TwoTowerTask:
    """The two towers as the loop's task."""

    def __init__(self, net: TwoTowerNet, data: TwoTowerData, workers: Workers, seed: int) -> None:
        """The net is trained in place."""
        config, n_items = net.config, len(data.categories)
        examples = next_item_examples(replace(data.train, features=net.standardised(data.train.features)))
        self._shard = Shard(len(examples), config.global_batch, config.negatives_group, workers.rank, workers.size)
        self._batches = Batches(examples, self._shard, n_items, config, seed)
        self._net, self._workers = net, workers
        held_out = data.held_out.thinned(config.max_validation_users) if data.held_out else None
        self._held_out = held_out if held_out and held_out.users.n_users else None

    @property
    def variables(self) -> Sequence[Any]:
        """The net's trainable variables."""
        variables: Sequence[Any] = self._net.trainable_variables
        return variables

    @property
    def n_steps(self) -> int:
        """Steps of an epoch."""
        return self._shard.n_steps

    def batch(self, epoch: int, step: int) -> tuple[NDArray[Any], ...]:
        """This worker's groups of a step."""
        return self._batches.batch(epoch, step)

    def loss(self, *batch: Any) -> Any:
        """Mean cross-entropy of the answer among the group's candidates, corrected for how often each is sampled.

        An example counts by the weight of its answer, so that decayed events fade as answers as they do as history.

        Source: Yi et al. (RecSys 2019), section 4: a candidate's logit is lowered by the log of its sampling probability,
        so that popular items, which are negatives more often, are not pushed down for it.
        """
        window, log_weights, features, keep, candidates, log_q, excluded, weights = batch
        users, items = self._net(window, log_weights, features, keep=keep)
        users = ops.reshape(users, (candidates.shape[0], -1, users.shape[1]))
        products = ops.matmul(users, ops.transpose(ops.take(items, candidates, axis=0), (0, 2, 1)))
        logits = products / self._net.config.temperature - log_q[:, None, :]
        logits = ops.where(excluded, -1e9, logits)
        answers = ops.diagonal(logits, axis1=1, axis2=2)
        return ops.mean(weights * (ops.logsumexp(logits, axis=2) - answers))

    def validate(self) -> Mapping[str, float]:
        """Loss, NDCG and recall at 10 of the model as it would be served."""
        return judge(self._net.served(), self._held_out, self._workers) if self._held_out else {}


def _fingerprint(data: TwoTowerData, config: TwoTowerConfig, seed: int, start: Arrays | None) -> str:
    """Names a training by all that decides its result, but not by its number of workers."""
    digest = hashlib.sha256(f"{config.model_dump_json()} {seed} {data.held_out is None}".encode())
    arrays = [data.train.indptr, data.train.items, data.train.weights, data.categories]
    arrays += [start[key] for key in sorted(start)] if start else []
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
