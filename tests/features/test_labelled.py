from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession

from tawny.core.columns import EVENT_TYPES, Fold
from tawny.core.config import EventSettings, NightSettings, SplitSettings
from tawny.features.labelled import age_days, by_fold, evaluated_on, fold_cutoffs, informative, labelled, learned_from
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


def test_the_cutoffs_of_the_folds_are_those_of_the_split_over_informative_events(spark: SparkSession) -> None:
    days = [(kind, day) for kind, days in {"view": range(1, 11), "impression": range(40, 90)}.items() for day in days]
    events = event_frame(spark, [event("u", "i", kind, day) for kind, day in days])
    early, late = RUN_DAY - timedelta(days=20), RUN_DAY - timedelta(days=10)
    by_horizon = [("validation", early), ("test", late), ("serve", RUN_DAY)]
    assert_rows(fold_cutoffs(events, NIGHT, RUN_DAY), "fold cutoff_ts", by_horizon)
    assert_rows(fold_cutoffs(events.limit(0), NIGHT, RUN_DAY), "fold cutoff_ts", by_horizon)
    shares = NightSettings(split=SplitSettings(test_share=1 / 3))
    # Of ten days in a row the quantiles 4/9 and 2/3 lie 4 and 6 days after the first.
    by_share = [("validation", RUN_DAY - timedelta(days=6)), ("test", RUN_DAY - timedelta(days=4)), ("serve", RUN_DAY)]
    assert_rows(fold_cutoffs(events, shares, RUN_DAY), "fold cutoff_ts", by_share)
    nothing = [("validation", None), ("test", None), ("serve", RUN_DAY)]
    assert_rows(fold_cutoffs(events.limit(0), shares, RUN_DAY), "fold cutoff_ts", nothing)


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
