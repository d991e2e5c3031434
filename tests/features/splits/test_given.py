import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from tawny.core.config import SplitSettings
from tawny.features.splits.given import given
from tawny.testing.frames import RUN_DAY, event, event_frame, rows_of


def test_the_label_is_the_one_that_came_with_the_event(spark: SparkSession) -> None:
    labels = ["fit", "validation", "test"]
    events = event_frame(spark, [event("u", "i", "view", 1, context={"split": name}) for name in labels])
    labelled = given(events, SplitSettings(kind="given"), RUN_DAY)
    assert rows_of(labelled, "event_id", "label") == [("e0", "fit"), ("e1", "validation"), ("e2", "test")]


@pytest.mark.parametrize(("context", "came"), [({"split": "train"}, "train"), (None, "nothing")])
def test_another_label_or_none_is_refused_with_the_event_named(
    spark: SparkSession, context: dict[str, str] | None, came: str
) -> None:
    events = event_frame(spark, [event("u", "i", "view", 1, context=context)])
    with pytest.raises(PySparkException, match=rf"event e0: .* must be one of fit, validation, test\. Received: {came}"):
        given(events, SplitSettings(kind="given"), RUN_DAY).collect()
