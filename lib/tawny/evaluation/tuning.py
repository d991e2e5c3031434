"""Finds settings on validation rows: the one service for every source.

Options race: all are judged on some of the rows, the worse half is dropped, and the rest goes on with more rows (and may be
fitted on more histories). All rounds use the same first rows, so options are compared by paired differences. Of those that
are judged on all rows the simplest within one standard error of the best wins; options are given simplest first.
Source: Jamieson and Talwalkar, Non-stochastic best arm identification (AISTATS 2016), for the halving; Breiman et al.,
Classification and regression trees (1984, section 3.4.3), for the rule of one standard error.

Shapes: U rows.
"""

import json
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from tawny.core.arrays import Doubles, Floats, Histories
from tawny.core.settings import Settings
from tawny.evaluation.settings import Axes, TuningSettings, changed
from tawny.evaluation.validate import Keys, Scorer, ValidationSample

logger = logging.getLogger(__name__)

SHARES = (0.25, 0.5, 1.0)
"""The share of the rows that each round of a race judges on."""

CANDIDATE_COUNTS = (25, 50, 100, 200, 400)
"""Lengths that a source's lists may have."""

_RECALL_TOLERANCE = 0.02
_SWEEPS = 2

O = TypeVar("O", bound=Hashable)  # noqa: E741 - an option
S = TypeVar("S", bound=Settings)

Judge = Callable[[O, float], Doubles]
"""An option and a share of the rows -> float64 [U], how good it is on each of these rows; NaN where a row has no answer."""


class Budget:
    """A number of minutes from now on."""

    def __init__(self, minutes: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._clock, self._end = clock, clock() + 60 * minutes

    @property
    def is_spent(self) -> bool:
        """Whether the minutes are over."""
        return self._clock() >= self._end


@dataclass(frozen=True)
class Trial:
    """What came out for one option.

    Attributes:
        settings: that differ from the start's.
        n_rows: validation rows with an answer.
        value: the mean over them.
        standard_error: of the value.
    """

    settings: dict[str, Any]
    n_rows: int
    value: float
    standard_error: float


@dataclass(frozen=True)
class Tuned(Generic[S]):
    """The settings that won, and how they were found.

    Attributes:
        name: the source.
        settings: of its model.
        trials: in the order in which they were made.
        is_complete: False where the budget ended the search.
        n_candidates: how long the source's lists must be (`enough_candidates`); None where nobody asked.
        untried: why nothing was tried; empty where something was.
        seconds: of each trial; they differ from run to run, so `text` leaves them out.
    """

    name: str
    settings: S
    trials: tuple[Trial, ...] = ()
    is_complete: bool = True
    n_candidates: int | None = None
    untried: str = ""
    seconds: tuple[float, ...] = field(default=(), compare=False)

    def text(self) -> str:
        """As JSON, to be kept beside the model: the same search gives the same text."""
        kept = {
            "source": self.name,
            "is_complete": self.is_complete,
            "n_candidates": self.n_candidates,
            "untried": self.untried,
            "chosen": self.settings.model_dump(mode="json"),
            "trials": [asdict(trial) for trial in self.trials],
        }
        return json.dumps(kept)


def tune(
    name: str, start: S, tuning: TuningSettings, fit: Callable[[S, float], Scorer], sample: ValidationSample
) -> Tuned[S]:
    """The best settings that `tuning` finds from `start`; `start` itself where there is nothing to try or no answer.

    Args:
        name: the source.
        start: the model's own settings.
        tuning: what to try, and for how long.
        fit: the model with some settings, fitted on some share of the histories.
        sample: validation rows; the half that tunes.
    """
    chosen = sample.take(np.flatnonzero(sample.answers.lengths > 0)).shuffled().first(tuning.n_rows)
    if not tuning.axes or chosen.n_users == 0:
        return untuned(name, start, "no validation row has an answer" if tuning.axes else "there are no axes")
    bench, budget = _Bench(name, start, fit, chosen, tuning.k), Budget(tuning.budget_minutes)
    best = climb(start, tuning.axes, bench.judge, budget)
    state = "complete" if not budget.is_spent else f"ended by budget_minutes={tuning.budget_minutes:g}"
    logger.info("tuned model=%s trials=%d search=%s settings=%s", name, len(bench.trials), state, best)
    return Tuned(name, best, tuple(bench.trials), not budget.is_spent, seconds=tuple(bench.seconds))


def untuned(name: str, settings: S, reason: str) -> Tuned[S]:
    """The settings as they are, where nothing can be tried; log and text say why.

    Args:
        name: the source.
        settings: of its model.
        reason: for people.
    """
    logger.info("untuned model=%s reason=%s settings=%s", name, reason, settings)
    return Tuned(name, settings, untried=reason)


def climb(start: S, axes: Axes, judge: Judge[S], budget: Budget) -> S:
    """The settings that win when one axis after the other is tried from the best so far, twice or until nothing changes.

    The start counts as the simplest, then the options in the order in which they were judged on all rows.
    """
    judged = {start: judge(start, 1.0)}
    current = start
    for _ in range(_SWEEPS):
        before = current
        for axis in axes:
            survivors = race([current, *(changed(current, keys) for keys in axis)], judge, budget)
            judged |= {option: values for option, values in survivors.items() if len(values) == len(judged[start])}
            if budget.is_spent:
                return simplest_of_the_best(judged)
            current = _best(survivors)
        if current == before:
            break
    return simplest_of_the_best(judged)


def race(options: Iterable[O], judge: Judge[O], budget: Budget, shares: Sequence[float] = SHARES) -> dict[O, Doubles]:
    """The options left at the end, simplest first, with their values on the same rows.

    Where the budget ends it, the last complete round counts; the first round judges one option at least.

    Args:
        options: of one source or of several, simplest first; at least one.
        judge: called once per option and round.
        budget: looked at before each call.
        shares: of the rows, one per round, rising.
    """
    judged: dict[O, Doubles] = {}
    left = list(dict.fromkeys(options))
    for share in shares:
        if judged:
            left = _better_half(judged)
        latest: dict[O, Doubles] = {}
        for option in left:
            if budget.is_spent and (judged or latest):
                return judged or latest
            latest[option] = judge(option, share)
        judged = latest
    return judged


def enough_candidates(score: Callable[[Histories], Floats], sample: ValidationSample) -> int | None:
    """The smallest of CANDIDATE_COUNTS that finds nearly as many answers as the largest; None where nothing is found.

    Args:
        score: of the source, fitted with its final settings.
        sample: validation rows.
    """
    recalls = sample.recalls(score, CANDIDATE_COUNTS)
    is_enough = recalls >= (1 - _RECALL_TOLERANCE) * recalls[-1]
    return CANDIDATE_COUNTS[int(np.argmax(is_enough))] if recalls[-1] > 0 else None


def simplest_of_the_best(judged: Mapping[O, Doubles]) -> O:
    """The first option that is no more than one standard error of the difference worse than the best.

    >>> simplest_of_the_best({"simple": np.array([0.5, 0.2]), "best": np.array([0.4, 0.4])})
    'simple'
    >>> simplest_of_the_best({"simple": np.array([0.1, 0.2]), "best": np.array([0.4, 0.4])})
    'best'
    """
    best = judged[_best(judged)]
    return next(option for option, values in judged.items() if _is_close(best, values))


def standard_error(values: Doubles, keys: Keys | None = None) -> float:
    """Of the mean of float64 [U]; NaN values are left out, and 0 for those of a single user.

    Args:
        values: one per row.
        keys: rows with the same key, uint64 [U], are of one user; without them each row is a user.

    Two users, one with two rows: deviations from the mean 2 are -1, and -1 + 2; sqrt(1 + 1) / 3 rows * sqrt(2 / (2 - 1)).

    >>> standard_error(np.array([1.0, 1.0, 4.0]), np.array([7, 9, 9], np.uint64))
    0.6666666666666666
    """
    is_known = ~np.isnan(values)
    known = values[is_known]
    sums = known - known.mean() if len(known) else known
    if keys is not None:
        sums = np.bincount(np.unique(keys[is_known], return_inverse=True)[1], sums)
    n_users = len(sums)
    return float(np.sqrt((sums**2).sum() * n_users / (n_users - 1)) / len(known)) if n_users > 1 else 0.0


def _is_close(best: Doubles, values: Doubles) -> bool:
    difference = best - values
    return bool(np.nanmean(difference) <= standard_error(difference))


def _best(judged: Mapping[O, Doubles]) -> O:
    return max(judged, key=lambda option: np.nanmean(judged[option]))  # the first of equals


def _better_half(judged: Mapping[O, Doubles]) -> list[O]:
    """The better half, rounded up, and the simplest option that is close to the best; in the order given."""
    by_value = sorted(judged, key=lambda option: -np.nanmean(judged[option]))  # stable: the simpler of equals first
    kept = {*by_value[: (len(by_value) + 1) // 2], simplest_of_the_best(judged)}
    return [option for option in judged if option in kept]


class _Bench(Generic[S]):
    """Judges options by NDCG, each once per share, and keeps what came out."""

    def __init__(self, name: str, start: S, fit: Callable[[S, float], Scorer], sample: ValidationSample, k: int) -> None:
        self.trials: list[Trial] = []
        self.seconds: list[float] = []
        self._name, self._start, self._fit, self._sample, self._k = name, start.model_dump(mode="json"), fit, sample, k
        self._known: dict[tuple[S, float], Doubles] = {}

    def judge(self, option: S, share: float) -> Doubles:
        if (option, share) not in self._known:
            started = time.monotonic()
            rows = self._sample.first(int(np.ceil(share * self._sample.n_users)))
            values = rows.ndcg(self._fit(option, share).score, self._k)
            self._known[option, share] = values
            self._keep(option, values, time.monotonic() - started)
        return self._known[option, share]

    def _keep(self, option: S, values: Doubles, seconds: float) -> None:
        changed = {key: value for key, value in option.model_dump(mode="json").items() if value != self._start[key]}
        n_rows = int(np.count_nonzero(~np.isnan(values)))
        trial = Trial(changed, n_rows, float(np.nanmean(values)) if n_rows else 0.0, standard_error(values))
        self.trials.append(trial)
        self.seconds.append(seconds)
        text = "tune model=%s ndcg_%d=%.4f standard_error=%.4f rows=%d seconds=%.1f settings=%s"
        told = changed or "as given"
        logger.info(text, self._name, self._k, trial.value, trial.standard_error, n_rows, seconds, told)
