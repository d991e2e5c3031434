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


def cutoffs(*, validation: Column, test: Column, serve: Column) -> Column:
    """struct<validation, test, serve: timestamp>, named `cutoffs`."""
    instants = {"validation": validation, "test": test, "serve": serve}
    return F.struct(*(instants[fold].alias(fold) for fold in FOLDS)).alias(CUTOFFS)


def all_at_run_date(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """One row, `cutoffs`: run_date in every fold, for a split without an instant that divides all users."""
    end = F.lit(cutoff)
    return events.sparkSession.range(1).select(cutoffs(validation=end, test=end, serve=end))


@dataclass(frozen=True)
class Split:
    """A way to hold events out.

    Attributes:
        label: (events, settings, cutoff) to the events, all before `cutoff`, with two more columns:
            label    string, `fit`, `validation` or `test`;
            cutoffs  struct<validation, test, serve: timestamp>, the instant to which each fold counts ages; an event that
                     the fold learns from lies before it. It is the same in every row.
        cutoffs: from the same arguments, one row with the column `cutoffs` alone: the instant up to which each fold knows
            items and users. Where no instant divides all users it is run_date, and the fold looks ahead in these, too.
    """

    label: Callable[[DataFrame, SplitSettings, datetime], DataFrame]
    cutoffs: Callable[[DataFrame, SplitSettings, datetime], DataFrame] = all_at_run_date


def splits() -> dict[str, Split]:
    """Every split of the package, by the name of its file."""
    return declared(tawny.features.splits, "SPLIT", Split)


def with_split(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """The events, all before `cutoff`, labelled by the split that `settings.kind` names.

    Raises:
        ConfigError: there is no such split.
    """
    return _named(settings).label(events, settings, cutoff)


def split_cutoffs(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """One row with the column `cutoffs` of the split that `settings.kind` names; arguments and errors as `with_split`."""
    return _named(settings).cutoffs(events, settings, cutoff)


def _named(settings: SplitSettings) -> Split:
    known = splits()
    if settings.kind not in known:
        rule = f"kind must be one of {', '.join(known)}."
        raise ConfigError(where="[night.split]", rule=rule, came=settings.kind, do="Correct it, or add the split's file.")
    return known[settings.kind]
