"""Holds out each user's last two items, as papers on sequence models do.

It looks ahead: a model learns from events of other users that are later than a user's held-out item. Use it to compare with
papers; `mornings` is like serving.
"""

from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tawny.core.columns import EVENT_ID, EVENT_TS, ITEM_ID, LABEL, USER_ID
from tawny.core.config import NightSettings
from tawny.core.split import NightSplit
from tawny.features.splits.base import Plan, Splitter, folds_at

MIN_ITEMS = 3


def planned(events: DataFrame, settings: NightSettings, targets: tuple[str, ...], cutoff: datetime) -> Plan:
    """No instant divides all users."""
    return Plan("leave_last_out", folds_at(cutoff), "each user's last item is test, the one before it validation")


def leave_last_out(events: DataFrame, split: NightSplit, settings: NightSettings) -> DataFrame:
    """All events of a user's last item are `test`, those of the last but one `validation`, the rest `fit`.

    A user's items are ordered by their last event; equal instants by event_id. Users with fewer than three items are `fit`
    alone.
    """
    last_first = Window.partitionBy(USER_ID).orderBy(F.desc("last"))
    position = F.row_number().over(last_first)
    n_items = F.count("*").over(Window.partitionBy(USER_ID))
    items = events.groupBy(USER_ID, ITEM_ID).agg(F.max(F.struct(EVENT_TS, EVENT_ID)).alias("last"))
    label = F.when(F.col("n") < MIN_ITEMS, "fit").when(F.col("p") == 1, "test").when(F.col("p") == 2, "validation")
    labels = items.select(USER_ID, ITEM_ID, position.alias("p"), n_items.alias("n")).select(
        USER_ID, ITEM_ID, F.coalesce(label, F.lit("fit")).alias(LABEL)
    )
    return events.join(labels, [USER_ID, ITEM_ID])


SPLITTER = Splitter(planned, leave_last_out)
