"""The split that the data came with, such as MovieLens' ua.base and ua.test."""

from datetime import datetime
from typing import get_args

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import CONTEXT, CUTOFFS, EVENT_ID, SPLIT, SplitLabel
from tawny.core.config import SplitSettings
from tawny.splits.cutoffs import cutoffs

LABELS = get_args(SplitLabel)


def label(events: DataFrame, settings: SplitSettings, cutoff: datetime) -> DataFrame:
    """The label in the event's context, key `split`; ages are counted to `cutoff` in every fold.

    An event without one of the three labels fails the job that meets it.
    """
    given = F.col(CONTEXT)["split"]
    rule = f": context['split'] must be one of {', '.join(LABELS)}. Received: "
    refusal = F.concat(
        F.lit("events_v1, event "), F.col(EVENT_ID), F.lit(rule),
        F.coalesce(given, F.lit("nothing")), F.lit(". Mend the landing file, or choose another [night.split]."),
    )  # fmt: skip
    end = F.lit(cutoff)
    split = F.when(given.isin(*LABELS), given).otherwise(F.raise_error(refusal))
    return events.withColumns({SPLIT: split, CUTOFFS: cutoffs(validation=end, test=end, serve=end)})
