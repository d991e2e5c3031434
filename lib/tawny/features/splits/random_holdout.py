"""Holds out a random part of each user's items: for data whose times say nothing, such as sets without any."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import ITEM_ID, LABEL, USER_ID
from tawny.core.config import NightSettings
from tawny.core.split import NightSplit
from tawny.features.splits.base import Plan, Splitter, folds_at

_BUCKETS = 1 << 20


def planned(events: DataFrame, settings: NightSettings, targets: tuple[str, ...], cutoff: datetime) -> Plan:
    """No instant divides all users."""
    share = settings.split.test_share
    return Plan("random_holdout", folds_at(cutoff), f"a random {share:.0%} of each user's items are test")


def random_holdout(events: DataFrame, split: NightSplit, settings: NightSettings) -> DataFrame:
    """A user's events with an item have one label, by a hash of both."""
    share = settings.split.test_share
    label = F.when(drawn("test", settings.seed) < share, "test")
    return events.withColumn(LABEL, label.when(drawn("validation", settings.seed) < share, "validation").otherwise("fit"))


def drawn(name: str, seed: int) -> Column:
    """double in [0, 1), the same for all events of a user with an item; other names give other numbers."""
    return F.pmod(F.xxhash64(USER_ID, ITEM_ID, F.lit(name), F.lit(seed)), F.lit(_BUCKETS)) / F.lit(float(_BUCKETS))


SPLITTER = Splitter(planned, random_holdout)
