"""Trains the two-tower model from numpy arrays; the job reads and writes the tables.

Shapes: U users, I items, C categories, D dimensions.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, NamedTuple, TypeVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from tawny.core.arrays import Arrays, Histories
from tawny.core.columns import FOLDS, Fold
from tawny.evaluation.validate import ValidationSample
from tawny.models.base import Model
from tawny.models.two_tower.batches import Batches
from tawny.models.two_tower.data import TwoTowerData
from tawny.models.two_tower.examples import Examples, examples_of
from tawny.models.two_tower.net import TwoTowerNet
from tawny.models.two_tower.settings import TwoTowerSettings
from tawny.models.two_tower.validation import validation_metrics
from tawny.training.fingerprint import code_of, fingerprint
from tawny.training.folders import TrainingFolders
from tawny.training.loop import Loop, LoopSettings, StepHook
from tawny.training.shards import Shard, check_workers
from tawny.training.workers import Workers

_UNVALIDATED_EPOCHS = 3
_MOST_EPOCHS_AT_LEAST = 50
_FEWEST_STEPS_OF_A_ROUND = 10

CODE = (
    "tawny.core.arrays",
    "tawny.evaluation.metrics.hits",
    "tawny.evaluation.metrics.ndcg",
    "tawny.evaluation.metrics.recall",
    "tawny.evaluation.validate",
    "tawny.models.two_tower.batches",
    "tawny.models.two_tower.examples",
    "tawny.models.two_tower.model",
    "tawny.models.two_tower.net",
    "tawny.models.two_tower.train",
    "tawny.models.two_tower.validation",
    "tawny.models.two_tower.windows",
    "tawny.training.checkpoint",
    "tawny.training.loop",
    "tawny.training.shards",
    "tawny.training.workers",
)
"""The modules whose code decides the weights. What data.py and settings.py do is seen in the data and the settings."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Trained(Generic[M]):
    """The result of a training, the same on every worker.

    Attributes:
        model: for serving.
        weights: of the net, by name; another fold's training may start from them.
        best_step: how many steps gave these weights.
        n_examples: that these steps were drawn from.
        records: one mapping per validation: step, train_loss, seconds and, with held-out data, loss, ndcg and recall at 10.
    """

    model: M
    weights: Arrays
    best_step: int
    n_examples: int
    records: Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Start:
    """What a fold's training takes over from another's.

    Attributes:
        weights: of a net of the same settings and catalog.
        steps: how many steps gave them.
        n_examples: that these steps were drawn from.
    """

    weights: Arrays
    steps: int
    n_examples: int


def train_every_fold(
    model_class: type[M],
    data_of: Callable[[Fold], TwoTowerData],
    settings: TwoTowerSettings,
    workers: Workers,
    folders: TrainingFolders,
    seed: int,
) -> dict[Fold, M]:
    """The model of every fold; called by every worker with the same arguments.

    The first fold with examples is trained from random weights; the others start from its weights.

    Args:
        model_class: TwoTower.
        data_of: reads the data of a fold; called for one fold at a time.
        settings: of the model.
        workers: of `workers.current()`.
        folders: for checkpoints and TensorBoard logs; each fold has a folder of its own.
        seed: as for `train`.

    Raises:
        ConfigError: there are more workers than examples in a step; before anything is read.
    """
    check_workers(settings.global_batch, workers.size)
    models: dict[Fold, M] = {}
    start: Start | None = None
    for fold in FOLDS:
        trained = train(
            model_class,
            data_of(fold),
            settings,
            workers,
            folders=folders,
            fold=fold,
            seed=seed,
            start=start,
        )
        models[fold] = trained.model
        if start is None and trained.n_examples:  # a fold without an example has no weights to start from
            weights = workers.broadcast_object(trained.weights)  # Horovod: the next fold's fingerprint is one
            start = Start(weights, trained.best_step, trained.n_examples)
    return models


def train_alone(model_class: type[M], users: Histories, n_items: int, settings: TwoTowerSettings, seed: int) -> M:
    """The model of these histories, trained by this process alone; leaves no file."""
    data = TwoTowerData(users, np.zeros((n_items, 0), np.float32))
    with TemporaryDirectory() as name, TrainingFolders(Path(name), "alone", is_writer=True) as folders:
        return train(model_class, data, settings, Workers(), folders=folders, fold="serve", seed=seed).model


def train(
    model_class: type[M],
    data: TwoTowerData,
    settings: TwoTowerSettings,
    workers: Workers,
    *,
    folders: TrainingFolders,
    fold: Fold,
    seed: int,
    start: Start | None = None,
    on_step: StepHook | None = None,
) -> Trained[M]:
    """Train one fold; called by every worker with the same arguments.

    How many steps it takes is said by `budget`. A training that was killed resumes from the checkpoint in its folder, which
    is named by its fingerprint. Without an example, as in a young shop, the model has learned no item and there are no
    weights.

    Args:
        model_class: TwoTower; an argument, because TwoTower imports this module.
        data: the same on every worker.
        settings: of the model.
        workers: of `workers.current()`.
        folders: rank 0 reads and writes in the folder of this training.
        fold: its name.
        seed: of initial weights, order, negatives and dropout.
        start: what it takes over from another fold's training.
        on_step: called after every step.

    Raises:
        ConfigError: there are more workers than examples in a step.
    """
    tf.config.experimental.enable_op_determinism()  # measured: no cost on a CPU
    net = TwoTowerNet(settings, data.categories, data.train.features, seed, is_ordered=data.is_ordered)
    users = replace(data.train, features=net.standardised(data.train.features))
    examples = examples_of(users, is_ordered=data.is_ordered)
    if not len(examples):
        model = net.to_model(model_class)
        nothing = {"item_vectors": np.zeros((len(data.categories), settings.dim), np.float32)}
        return Trained(model_class.restore(model.config(), {**model.arrays(), **nothing}), {}, 0, 0, ())
    if start is not None:
        net.set_weights_by_name(start.weights)
    name = training_fingerprint(data, settings, seed, start, fold)
    folder = folders.open(fold, name)
    held_out = stopping_rows(data.held_out, settings) if data.held_out else None
    n_held_out = held_out.n_users if held_out else 0
    own = _loop_settings(settings, budget(settings, len(examples), n_held_out, start), n_held_out, folder, name)
    training = TwoTowerTraining(model_class, net, examples, held_out, workers, seed)
    progress = Loop(training, workers, own, on_step).run()
    best_step = progress.best_step or progress.step
    return Trained(net.to_model(model_class), net.weights_by_name(), best_step, len(examples), progress.records)


def stopping_rows(held_out: ValidationSample, settings: TwoTowerSettings) -> ValidationSample:
    """The held-out rows that stop a training early: those of the half of the users that finds settings.

    The model is too good on them, and the other half is left to the ranker. With few of them all rows are taken: then the
    loss stops the training, which flatters less.
    """
    half = held_out.half(0).subsample(settings.max_validation_users)
    return half if half.n_users >= settings.few_rows else held_out.subsample(settings.max_validation_users)


def _loop_settings(
    settings: TwoTowerSettings, steps: "Budget", n_held_out: int, folder: Path, fingerprint: str
) -> LoopSettings:
    """NDCG decides where many rows are held out, the loss where few are."""
    is_many = n_held_out >= settings.few_rows
    return LoopSettings(
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        ema_momentum=1 - 1 / min(settings.averaged_steps, steps.round_steps),
        **steps._asdict(),
        patience=settings.patience,
        monitor="ndcg" if is_many else "loss",
        goal="highest" if is_many else "lowest",
        checkpoint=folder / "two_tower.npz",
        checkpoint_every_steps=settings.checkpoint_every_steps,
        fingerprint=fingerprint,
        log_dir=folder / "logs",
    )


class Budget(NamedTuple):
    """How many steps a training takes at least and at most, and from one validation to the next."""

    min_steps: int
    max_steps: int
    round_steps: int


def budget(settings: TwoTowerSettings, n_examples: int, n_held_out: int, start: Start | None) -> Budget:
    """The steps of a fold's training.

    With held-out users it stops early, between `min_steps` (of a small shop 50 epochs) and `max_steps`. Without, the steps
    of the training from which it starts and its own are together in proportion to its examples, and its own are at least
    `refit_share` of them. Without a start too, it takes three epochs within the same bounds.

    >>> budget(TwoTowerSettings(), 300, 60, None)
    Budget(min_steps=50, max_steps=6000, round_steps=10)
    >>> settings = TwoTowerSettings(refit_share=0.2)
    >>> budget(settings, 100_000, 0, Start({}, steps=1000, n_examples=100_000)).max_steps
    200
    >>> budget(settings, 300_000, 0, Start({}, steps=1000, n_examples=100_000)).max_steps
    2000
    """
    epoch_steps = n_examples / settings.global_batch
    min_steps = min(settings.min_steps, _MOST_EPOCHS_AT_LEAST * math.ceil(epoch_steps))
    shortest_round = max(min_steps // 10, _FEWEST_STEPS_OF_A_ROUND)
    round_steps = min(settings.validate_every_steps, max(math.ceil(epoch_steps), shortest_round))
    if n_held_out:
        return Budget(min_steps, settings.max_steps, round_steps)
    if start:
        in_proportion = start.steps * n_examples / start.n_examples
        n_steps = max(round(max(in_proportion - start.steps, settings.refit_share * in_proportion)), 1)
    else:
        n_steps = max(round(_UNVALIDATED_EPOCHS * epoch_steps), min_steps)
    n_steps = min(n_steps, settings.max_steps)
    return Budget(n_steps, n_steps, round_steps)


class TwoTowerTraining:
    """The two towers as a training.loop.Trainable."""

    def __init__(
        self,
        model_class: type[Model],
        net: TwoTowerNet,
        examples: Examples,
        held_out: ValidationSample | None,
        workers: Workers,
        seed: int,
    ) -> None:
        """The net is trained in place; the examples' features are standardised."""
        settings, n_items = net.settings, len(net.categories)
        shard = Shard(len(examples), settings.global_batch, seed, workers.rank, workers.size)
        self._batches = Batches(examples, shard, n_items, settings, seed)
        self._kind, self._net, self._workers = model_class, net, workers
        self._held_out = held_out if held_out and held_out.n_users else None
        self._is_learned = np.bincount(examples.users.items, minlength=n_items) > 0

    @property
    def variables(self) -> Sequence[Any]:
        """The net's trainable variables; those of categories, where there are none, are empty: Keras cannot average them."""
        return [variable for variable in self._net.trainable_variables if math.prod(variable.shape)]

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        """This worker's part of a step."""
        return self._batches.batch(step)

    def loss(self, *batch: Any) -> Any:
        """Mean cross-entropy of the answer among the step's candidates, corrected for how often each is sampled.

        An example counts by the weight of its answer, so that decayed events count less as answers, as they do in histories.

        Source: Yi et al. (RecSys 2019), section 4: a candidate's logit is lowered by the log of its sampling probability,
        so that popular items are not penalised for being negatives more often.
        """
        window, log_weights, features, dropout_mask, answers, weights, excluded, candidates, log_q = batch
        users, items = self._net(window, log_weights, features, dropout_mask=dropout_mask)
        products = ops.matmul(users, ops.transpose(ops.take(items, candidates, axis=0)))
        logits = ops.where(excluded, -1e9, products / self._net.temperature - log_q)
        of_answers = ops.take_along_axis(logits, answers[:, None], axis=1)[:, 0]
        return ops.mean(weights * (ops.logsumexp(logits, axis=1) - of_answers))

    def validate(self) -> Mapping[str, float]:
        """Loss, NDCG and recall at 10 of the model as served; empty without held-out data."""
        if self._held_out is None:
            return {}
        temperature = float(self._net.temperature)
        model = self._net.to_model(self._kind)
        metrics = validation_metrics(model, temperature, self._is_learned, self._held_out, self._workers)
        return metrics | {"temperature": temperature}


def training_fingerprint(data: TwoTowerData, settings: TwoTowerSettings, seed: int, start: Start | None, fold: Fold) -> str:
    """Names a training by all that decides its result; arguments as of `train`.

    Of the code only the modules in `CODE` count, not the commit: a deployment between a kill and its retry should not throw
    the training away unless it changes what is trained.
    """
    libraries = {module.__name__: str(module.__version__) for module in (keras, np, tf)}
    code = code_of(CODE)
    return fingerprint(data=data, settings=settings, seed=seed, start=start, fold=fold, code=code, libraries=libraries)
