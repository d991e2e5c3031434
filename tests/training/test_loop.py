"""The loop: how many steps it takes, and whose weights it puts back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from tawny.training.checkpoint import Progress
from tawny.training.loop import Loop, LoopSettings
from tawny.training.workers import Workers


class Line:
    """One weight, which every step moves; what its validations give is written down beforehand."""

    def __init__(self, values: Sequence[float]) -> None:
        self.weight = keras.Variable(np.zeros(1, np.float32), name="weight")
        self.at: list[float] = []
        self.after: list[float] = []
        self._values = values

    @property
    def variables(self) -> Sequence[Any]:
        return [self.weight]

    def batch(self, step: int) -> tuple[NDArray[Any], ...]:
        return (np.full(1, step, np.float32),)

    def loss(self, *batch: Any) -> Any:
        return ops.sum(self.weight * batch[0])

    def step_taken(self) -> None:
        self.after.append(float(self.weight.numpy()[0]))

    def validate(self) -> Mapping[str, float]:
        self.at.append(float(self.weight.numpy()[0]))
        return {"value": self._values[len(self.at) - 1]} if self._values else {}


def run(line: Line, folder: Path, **changes: Any) -> Progress:
    settings: dict[str, Any] = {
        "learning_rate": 0.1, "weight_decay": 0.0, "min_steps": 0, "max_steps": 24, "round_steps": 5, "patience": 2,
        "monitor": "value", "goal": "highest", "checkpoint": folder / "c.npz", "checkpoint_every_steps": 100,
        "fingerprint": "line", "log_dir": folder / "logs",
    }  # fmt: skip
    return Loop(line, Workers(), LoopSettings(**settings | changes), on_step=lambda _: line.step_taken()).run()


@pytest.mark.parametrize(
    ("values", "changes", "steps", "best_step"),
    [
        ([3, 2, 1], {}, [5, 10, 15], 5),
        ([3, 2, 1, 1, 2], {"goal": "lowest"}, [5, 10, 15, 20, 24], 15),
        ([1, 3, 2, 2, 2], {}, [5, 10, 15, 20], 10),
        ([3, 2, 1, 1, 1], {"min_steps": 18}, [5, 10, 15, 20], 5),
        ([1, 1, 1], {}, [5, 10, 15], 5),  # the first of equals
        ([1, 2, 3, 4, 5], {}, [5, 10, 15, 20, 24], 24),
        ([], {}, [5, 10, 15, 20, 24], 24),  # nothing to compare: the last round
        ([], {"max_steps": 3}, [3], 3),
    ],
)
def test_training_ends_when_patience_runs_out_between_the_least_and_the_most_steps(
    tmp_path: Path, values: list[float], changes: dict[str, Any], steps: list[int], best_step: int
) -> None:
    line = Line(values)
    progress = run(line, tmp_path, **changes)
    assert [record["step"] for record in progress.records] == steps
    assert progress.best_step == best_step
    assert float(line.weight.numpy()[0]) == line.at[steps.index(best_step)]


def test_validated_and_kept_is_the_moving_average_of_the_weights(tmp_path: Path) -> None:
    line = Line([1, 2, 1])
    run(line, tmp_path, ema_momentum=0.75, max_steps=15)
    average, expected = line.after[0], []
    for step, weight in enumerate(line.after, 1):
        average = 0.75 * average + 0.25 * weight
        expected += [average] if step % 5 == 0 else []
    assert line.at == pytest.approx(expected, rel=1e-5)
    assert len(set(line.after)) == 15  # training goes on from the weights, not from their average
    assert float(line.weight.numpy()[0]) == line.at[1]


def test_a_training_that_goes_on_has_the_average_of_one_that_was_not_killed(tmp_path: Path) -> None:
    whole, first, second = Line([1, 2, 3]), Line([1, 2, 3]), Line([2, 3])
    run(whole, tmp_path / "whole", ema_momentum=0.75, max_steps=15)
    run(first, tmp_path / "killed", ema_momentum=0.75, max_steps=5, fingerprint="same")
    run(second, tmp_path / "killed", ema_momentum=0.75, max_steps=15, fingerprint="same")
    assert first.at + second.at == whole.at
