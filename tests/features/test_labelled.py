from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession

from tawny.core.columns import EVENT_TYPES, Fold
from tawny.core.config import EventSettings, NightSettings, SplitSettings
from tawny.features.labelled import age_days, by_fold, evaluated_on, informative, labelled, learned_from
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame, rows_of

NIGHT = NightSettings(split=SplitSettings(horizon_days=10))


def test_impressions_are_not_informative_unless_they_have_a_weight(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", kind, 1) for kind in EVENT_TYPES])
    found = rows_of(informative(events, EventSettings()), "event_type")
    assert {kind for (kind,) in found} == set(EVENT_TYPES) - {"impression"}
    weighted = EventSettings.model_validate({"weights": {"impression": 0.1}})
    assert informative(events, weighted).count() == len(EVENT_TYPES)


def test_informative_events_are_labelled_by_the_split_of_the_night(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", kind, 15) for kind in ("view", "impression")])
    assert rows_of(labelled(events, NIGHT, RUN_DAY), "event_id", "label") == [("e0", "validation")]
    given = NightSettings(split=SplitSettings(kind="given"))
    came = event_frame(spark, [event("u", "i", "view", 15, context={"split": "test"})])
    assert rows_of(labelled(came, given, RUN_DAY), "event_id", "label") == [("e0", "test")]


def test_each_fold_learns_from_the_labels_before_its_own_and_counts_ages_to_its_cutoff(spark: SparkSession) -> None:
    events = labelled(event_frame(spark, [event("u", "i", "view", days) for days in (25.5, 15, 5)]), NIGHT, RUN_DAY)
    early, late = RUN_DAY - timedelta(days=20), RUN_DAY - timedelta(days=10)
    learned = learned_from(events)
    assert [column for column in learned.columns if column in ("label", "cutoffs")] == []
    assert_rows(
        learned.select("event_id", "fold", "cutoff_ts", age_days().alias("age")),
        "event_id fold cutoff_ts age",
        [
            ("e0", "validation", early, 5.5),
            ("e0", "test", late, 15.5),
            ("e0", "serve", RUN_DAY, 25.5),
            ("e1", "test", late, 5.0),
            ("e1", "serve", RUN_DAY, 15.0),
            ("e2", "serve", RUN_DAY, 5.0),
        ],
    )
    assert rows_of(evaluated_on(events), "event_id", "fold") == [("e1", "validation"), ("e2", "test")]


def test_frames_of_folds_become_one_frame_in_the_order_of_the_folds(spark: SparkSession) -> None:
    asked: list[Fold] = []

    def make(fold: Fold) -> DataFrame:
        asked.append(fold)
        return frame(spark, "user_id string", (f"of {fold}",))

    found = by_fold(make).select("fold", "user_id").collect()
    assert [tuple(row) for row in found] == [
        ("validation", "of validation"), ("test", "of test"), ("serve", "of serve"),
    ]  # fmt: skip
    assert_rows(by_fold(make, ("test",)), "fold user_id", [("test", "of test")])
    assert asked == ["validation", "test", "serve", "test"]
