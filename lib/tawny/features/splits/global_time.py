"""Cuts all users at the same two instants, and asks for all that comes after: for comparison with papers."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_TS, Fold
from tawny.core.config import NightSettings
from tawny.core.split import FoldSplit
from tawny.features.splits.base import Plan, Splitter, label_by_time


def global_time(events: DataFrame, settings: NightSettings, targets: tuple[str, ...], cutoff: datetime) -> Plan:
    """With `test_share` s the windows begin at the exact quantiles (1 - s)**2 and 1 - s of the events' times.

    Each task counts its distinct times: made for experiments of up to some million events.
    """
    kept = 1.0 - settings.split.test_share
    at = F.percentile(F.unix_micros(EVENT_TS), F.array(F.lit(kept**2), F.lit(kept)))
    # "Before 12.5 microseconds" and "before 13 microseconds" are the same, and the latter is an instant.
    instants = F.transform(at, lambda micros: F.timestamp_micros(F.ceil(micros)))
    row = events.agg(instants.alias("at")).toArrow()["at"][0].as_py()
    first, second = row if row else (cutoff, cutoff)
    folds: dict[Fold, FoldSplit] = {
        "validation": FoldSplit(first, second, (first,)),
        "test": FoldSplit(second, cutoff, (second,)),
        "serve": FoldSplit(cutoff, cutoff, (cutoff,)),
    }
    reason = f"the last {settings.split.test_share:.0%} of all events are test, and as much of the rest is validation"
    return Plan("global_time", folds, reason)


SPLITTER = Splitter(global_time, label_by_time)
