"""The test part comes with the data; validation is a random part of each user's other items."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.columns import LABEL
from tawny.core.config import NightSettings
from tawny.core.split import NightSplit
from tawny.features.splits.base import Splitter
from tawny.features.splits.given import given_label, planned
from tawny.features.splits.random_holdout import drawn


def given_test(events: DataFrame, split: NightSplit, settings: NightSettings) -> DataFrame:
    """`validation` for a share of `test_share` of each user's `fit` items, by a hash of both."""
    label = given_label()
    is_held_out = (label == "fit") & (drawn("validation", settings.seed) < settings.split.test_share)
    return events.withColumn(LABEL, F.when(is_held_out, "validation").otherwise(label))


SPLITTER = Splitter(planned, given_test)
