import pytest
from pyspark.sql import SparkSession

from tawny.core.config import NightSettings, SplitSettings
from tawny.core.errors import ConfigError
from tawny.features.splits.base import label_by_time, splitter, splitters
from tawny.testing.frames import event, event_frame, rows_of, split_of

MICROSECOND = 1e-6 / 86400


def test_splitters_are_the_files_that_declare_one() -> None:
    assert list(splitters()) == [
        "given", "given_test", "global_time", "leave_last_out", "mornings", "random_holdout",
    ]  # fmt: skip


def test_an_unknown_splitter_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"kind must be one of given, .*, random_holdout\. Received: random\."):
        splitter("random")


def test_an_event_at_the_start_of_a_window_belongs_to_it(spark: SparkSession) -> None:
    days = [20 + MICROSECOND, 20, 10 + MICROSECOND, 10, MICROSECOND]
    events = event_frame(spark, [event("u", "i", "view", d) for d in days])
    expected = ["fit", "validation", "validation", "test", "test"]
    found = rows_of(label_by_time(events, split_of(), NightSettings(split=SplitSettings())), "event_id", "label")
    assert found == [(f"e{place}", label) for place, label in enumerate(expected)]
