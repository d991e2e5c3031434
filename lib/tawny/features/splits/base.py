"""What a split is, and how splits are found.

A split's file declares `SPLIT`, as a job's file declares `JOB`; the file's name is the `kind` of `[night.split]`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

import tawny.features.splits
from tawny.core.columns import CUTOFFS, FOLDS
from tawny.core.config import SplitSettings
from tawny.core.errors import ConfigError
from tawny.core.registry import declared


@dataclass(frozen=True)
class Split:
    """A way to hold events out.

    Attributes:
        label: (events, settings, cutoff) to the events, all before `cutoff`, with two more columns:
            label    string, `fit`, `validation` or `test`;
            cutoffs  struct<validation, test, serve: timestamp>, the instant to which each fold counts ages; an event that
                     the fold learns from lies before it.
    """

    label: Callable[[DataFrame, SplitSettings, datetime], DataFrame]


def splits() -> dict[str, Split]:
    """Every split of the package, by the name of its file."""
    return declared(tawny.features.splits, "SPLIT", Split)


def with_split(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """The events, all before `cutoff`, labelled by the split that `settings.kind` names.

    Raises:
        ConfigError: there is no such split.
    """
    known = splits()
    if settings.kind not in known:
        rule = f"kind must be one of {', '.join(known)}."
        raise ConfigError(where="[night.split]", rule=rule, came=settings.kind, do="Correct it, or add the split's file.")
    return known[settings.kind].label(events, settings, cutoff)


def cutoffs(*, validation: Column, test: Column, serve: Column) -> Column:
    """struct<validation, test, serve: timestamp>, named `cutoffs`."""
    instants = {"validation": validation, "test": test, "serve": serve}
    return F.struct(*(instants[fold].alias(fold) for fold in FOLDS)).alias(CUTOFFS)
