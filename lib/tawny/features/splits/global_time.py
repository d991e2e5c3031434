"""Splits all users at the same two instants: like serving, and the only split that cannot look ahead."""

from datetime import datetime, timedelta

from pyspark.sql import DataFrame
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
    instants = (
        _horizons(events, settings, cutoff) if settings.test_share is None else _quantiles(events, settings.test_share)
    )
    ts, starts = F.col(EVENT_TS), F.col(CUTOFFS)
    label = F.when(ts < starts["validation"], "fit").when(ts < starts["test"], "validation").otherwise("test")
    serve = starts.withField("serve", F.lit(cutoff))
    return instants.withColumns({LABEL: label, CUTOFFS: serve})


def _horizons(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    horizon = timedelta(days=settings.horizon_days)
    starts = {"validation": F.lit(cutoff - 2 * horizon), "test": F.lit(cutoff - horizon)}
    return events.withColumn(CUTOFFS, cutoffs(**starts, serve=F.lit(cutoff)))


def _quantiles(events: DataFrame, share: float) -> DataFrame:
    kept = 1.0 - share
    at = F.percentile(F.unix_micros(EVENT_TS), F.array(F.lit(kept**2), F.lit(kept)))
    # "Before 12.5 microseconds" and "before 13 microseconds" are the same, and the latter is an instant.
    instants = F.transform(at, lambda micros: F.timestamp_micros(F.ceil(micros)))
    one_row = events.agg(instants.alias("at")).select(
        cutoffs(validation=F.get("at", 0), test=F.get("at", 1), serve=F.lit(None))
    )
    return events.crossJoin(F.broadcast(one_row))


SPLIT = Split(global_time)
