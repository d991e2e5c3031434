import pytest
from pyspark.sql import SparkSession

from tawny.core.config import SplitSettings
from tawny.core.errors import ConfigError
from tawny.features.splits.base import split_cutoffs, splits, with_split
from tawny.testing.frames import RUN_DAY, event, event_frame, rows_of


def test_splits_are_the_files_that_declare_one() -> None:
    assert list(splits()) == ["given", "global_time", "leave_last_out"]


@pytest.mark.parametrize("share", [None, 0.3])
@pytest.mark.parametrize("kind", splits())
def test_the_cutoffs_of_a_split_are_those_of_every_event_it_labels(
    spark: SparkSession, kind: str, share: float | None
) -> None:
    came = [event(user, f"i{day}", "view", day, context={"split": "fit"}) for day in (1, 15, 30, 40) for user in "uv"]
    events, settings = event_frame(spark, came), SplitSettings(kind=kind, test_share=share)
    cutoffs = split_cutoffs(events, settings, RUN_DAY)
    assert cutoffs.columns == ["cutoffs"]
    assert rows_of(cutoffs) == rows_of(with_split(events, settings, RUN_DAY).select("cutoffs").distinct())


def test_an_unknown_split_is_refused_with_those_that_exist(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", "view", 1)])
    with pytest.raises(ConfigError, match=r"kind must be one of given, global_time, leave_last_out\. Received: random"):
        with_split(events, SplitSettings(kind="random"), RUN_DAY)
    with pytest.raises(ConfigError, match="Received: random"):
        split_cutoffs(events, SplitSettings(kind="random"), RUN_DAY)
