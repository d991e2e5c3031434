"""Splits all users at the same two instants: like serving, and the only split that cannot look ahead."""

from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import CUTOFFS, EVENT_TS, LABEL
from tawny.core.config import SplitSettings
from tawny.features.splits.base import Split, cutoffs


def global_time(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """`test` from the later instant on, `validation` between the two, `fit` before the earlier one.

    With `horizon_days` the instants lie one and two horizons before the cutoff. With `test_share` s they are the exact
    quantiles 1 - s and (1 - s)**2 of the events' times. Each task then counts its distinct times: made for experiments
    of up to some million events, where a horizon in days says little.
    """
    if settings.test_share is None:
        instants = events.withColumn(CUTOFFS, _horizons(settings, cutoff))
    else:
        instants = events.crossJoin(F.broadcast(_quantiles(events, settings.test_share, cutoff)))
    ts, starts = F.col(EVENT_TS), F.col(CUTOFFS)
    label = F.when(ts < starts["validation"], "fit").when(ts < starts["test"], "validation").otherwise("test")
    return instants.withColumn(LABEL, label)


def global_cutoffs(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """One row, `cutoffs`: where the windows begin; without events, shares of them have no instants (null)."""
    if settings.test_share is None:
        return events.sparkSession.range(1).select(_horizons(settings, cutoff))
    return _quantiles(events, settings.test_share, cutoff)


def _horizons(settings: SplitSettings, cutoff: datetime) -> Column:
    horizon = timedelta(days=settings.horizon_days)
    starts = {"validation": F.lit(cutoff - 2 * horizon), "test": F.lit(cutoff - horizon)}
    return cutoffs(**starts, serve=F.lit(cutoff))


def _quantiles(events: DataFrame, share: float, cutoff: datetime) -> DataFrame:
    """One row, `cutoffs`."""
    kept = 1.0 - share
    at = F.percentile(F.unix_micros(EVENT_TS), F.array(F.lit(kept**2), F.lit(kept)))
    # "Before 12.5 microseconds" and "before 13 microseconds" are the same, and the latter is an instant.
    instants = F.transform(at, lambda micros: F.timestamp_micros(F.ceil(micros)))
    return events.agg(instants.alias("at")).select(
        cutoffs(validation=F.get("at", 0), test=F.get("at", 1), serve=F.lit(cutoff))
    )


SPLIT = Split(global_time, global_cutoffs)
