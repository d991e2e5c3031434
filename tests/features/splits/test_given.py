import numpy as np
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from tawny.core.config import NightSettings, SplitSettings
from tawny.features.splits.base import splitter
from tawny.testing.frames import RUN_DAY, event, event_frame, rows_of, split_of

NIGHT = NightSettings(split=SplitSettings(kind="given"))


def test_the_label_is_the_one_that_came_with_the_event(spark: SparkSession) -> None:
    labels = ["fit", "validation", "test"]
    events = event_frame(spark, [event("u", "i", "view", 1, context={"split": name}) for name in labels])
    assert splitter("given").plan(events, NIGHT, ("view",), RUN_DAY).kind == "given"
    labelled = splitter("given").label(events, split_of("given"), NIGHT)
    assert rows_of(labelled, "event_id", "label") == [("e0", "fit"), ("e1", "validation"), ("e2", "test")]


def test_without_validation_a_part_of_what_is_fit_is_held_out(spark: SparkSession) -> None:
    came = [event(f"u{n % 50}", f"i{n}", "view", 1, context={"split": "fit"}) for n in range(1000)]
    events = event_frame(spark, [*came, event("u0", "late", "view", 1, context={"split": "test"})])
    kind = splitter("given").plan(events, NIGHT, ("view",), RUN_DAY).kind
    labels = dict(rows_of(splitter(kind).label(events, split_of(kind), NIGHT), "event_id", "label"))
    assert labels.pop("e1000") == "test"
    # 1,000 draws of a fifth: 200, give or take four standard deviations.
    assert np.isclose(sum(label == "validation" for label in labels.values()), 200, atol=51)
    assert set(labels.values()) == {"fit", "validation"}


@pytest.mark.parametrize(("context", "came"), [({"split": "train"}, "train"), (None, "nothing")])
def test_another_label_or_none_is_refused_with_the_event_named(
    spark: SparkSession, context: dict[str, str] | None, came: str
) -> None:
    events = event_frame(spark, [event("u", "i", "view", 1, context=context)])
    with pytest.raises(PySparkException, match=rf"event e0: .* must be one of fit, validation, test\. Received: {came}"):
        splitter("given").label(events, split_of("given"), NIGHT).collect()
