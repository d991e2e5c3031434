"""The split that comes with the data, such as MovieLens' ua.base and ua.test."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import CONTEXT, EVENT_ID, LABEL
from tawny.core.config import NightSettings
from tawny.core.split import NightSplit
from tawny.features.splits.base import LABELS, Plan, Splitter, folds_at


def planned(events: DataFrame, settings: NightSettings, targets: tuple[str, ...], cutoff: datetime) -> Plan:
    """No instant divides all users. Without an event for validation, `given_test` holds some of the others out."""
    has_validation = not events.where(F.col(CONTEXT)["split"] == "validation").isEmpty()
    if has_validation:
        return Plan("given", folds_at(cutoff), "as the events' context has it")
    return Plan("given_test", folds_at(cutoff), "test as the events' context has it; validation drawn from the rest")


def given(events: DataFrame, split: NightSplit, settings: NightSettings) -> DataFrame:
    """The label in the event's context, key `split`. An event without one of the three labels fails the job."""
    return events.withColumn(LABEL, given_label())


def given_label() -> Column:
    """string, one of LABELS."""
    came = F.col(CONTEXT)["split"]
    rule = f": context['split'] must be one of {', '.join(LABELS)}. Received: "
    refusal = F.concat(
        F.lit("events_v2, event "), F.col(EVENT_ID), F.lit(rule),
        F.coalesce(came, F.lit("nothing")), F.lit(". Fix the landing file, or choose another [night.split]."),
    )  # fmt: skip
    return F.when(came.isin(*LABELS), came).otherwise(F.raise_error(refusal))


SPLITTER = Splitter(planned, given)
