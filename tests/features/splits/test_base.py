import pytest
from pyspark.sql import SparkSession

from tawny.core.config import SplitSettings
from tawny.core.errors import ConfigError
from tawny.features.splits.base import splits, with_split
from tawny.testing.frames import RUN_DAY, event, event_frame


def test_splits_are_the_files_that_declare_one() -> None:
    assert list(splits()) == ["given", "global_time", "leave_last_out"]


def test_an_unknown_split_is_refused_with_those_that_exist(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", "view", 1)])
    with pytest.raises(ConfigError, match=r"kind must be one of given, global_time, leave_last_out\. Received: random"):
        with_split(events, SplitSettings(kind="random"), RUN_DAY)
