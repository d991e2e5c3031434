"""What a splitter is, and how splitters are found.

A splitter's file declares `SPLITTER`, as a job's file declares `JOB`; the file's name is the `kind` of `[night.split]`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

import tawny.features.splits
from tawny.core.columns import EVENT_TS, FOLDS, LABEL, Fold, SplitLabel
from tawny.core.config import NightSettings
from tawny.core.errors import ConfigError
from tawny.core.registry import declared
from tawny.core.split import FoldSplit, NightSplit

LABELS: tuple[SplitLabel, ...] = get_args(SplitLabel)


@dataclass(frozen=True)
class Plan:
    """What a splitter makes of the events.

    Attributes:
        kind: the file whose `label` is to be used; a splitter may hand over to another.
        folds: by name, all three.
        reason: why it is so, for people.
    """

    kind: str
    folds: dict[Fold, FoldSplit]
    reason: str


@dataclass(frozen=True)
class Splitter:
    """A way to hold events out.

    Attributes:
        plan: (informative events, settings, event types of the targets, cutoff) to the folds; all events are before it.
        label: (informative events, split, settings) to the events with one more column, `label`: `fit`, `validation` or
            `test`. A fold learns from the labels before its own.
    """

    plan: Callable[[DataFrame, NightSettings, tuple[str, ...], datetime], Plan]
    label: Callable[[DataFrame, NightSplit, NightSettings], DataFrame]


def splitters() -> dict[str, Splitter]:
    """Every splitter of the package, by the name of its file."""
    return declared(tawny.features.splits, "SPLITTER", Splitter)


def splitter(kind: str) -> Splitter:
    """The splitter of that name.

    Raises:
        ConfigError: there is none.
    """
    known = splitters()
    if kind not in known:
        rule = f"kind must be one of {', '.join(known)}."
        raise ConfigError(where="[night.split]", rule=rule, came=kind, do="Correct it, or add the splitter's file.")
    return known[kind]


def label_by_time(events: DataFrame, split: NightSplit, settings: NightSettings) -> DataFrame:
    """`fit` before the validation cutoff, `validation` before the test cutoff, then `test`."""
    ts, folds = F.col(EVENT_TS), split.folds
    is_fit, is_validation = (ts < F.lit(folds[fold].cutoff_ts) for fold in ("validation", "test"))
    return events.withColumn(LABEL, F.when(is_fit, "fit").when(is_validation, "validation").otherwise("test"))


def folds_at(cutoff: datetime) -> dict[Fold, FoldSplit]:
    """The folds of a split that no instant divides: they count ages to the cutoff, and know items and users as of it."""
    return {fold: FoldSplit(cutoff, cutoff, (cutoff,)) for fold in FOLDS}
