"""The split that comes with the data, such as MovieLens' ua.base and ua.test."""

from datetime import datetime
from typing import get_args

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import CONTEXT, CUTOFFS, EVENT_ID, LABEL, SplitLabel
from tawny.core.config import SplitSettings
from tawny.features.splits.base import Split, cutoffs

LABELS = get_args(SplitLabel)


def given(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """The label in the event's context, key `split`; ages are counted to `cutoff` in every fold.

    An event without one of the three labels fails the job.
    """
    came = F.col(CONTEXT)["split"]
    rule = f": context['split'] must be one of {', '.join(LABELS)}. Received: "
    refusal = F.concat(
        F.lit("events_v2, event "), F.col(EVENT_ID), F.lit(rule),
        F.coalesce(came, F.lit("nothing")), F.lit(". Fix the landing file, or choose another [night.split]."),
    )  # fmt: skip
    end = F.lit(cutoff)
    label = F.when(came.isin(*LABELS), came).otherwise(F.raise_error(refusal))
    return events.withColumns({LABEL: label, CUTOFFS: cutoffs(validation=end, test=end, serve=end)})


SPLIT = Split(given)
