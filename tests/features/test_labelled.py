from dataclasses import replace
from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession

from tawny.core.columns import EVENT_TYPES, Fold
from tawny.core.config import EventSettings, NightSettings
from tawny.core.split import mornings_of
from tawny.features.labelled import (
    age_days,
    asked_about,
    before_mornings,
    before_rows,
    by_fold,
    fold_cutoffs,
    informative,
    labelled,
    learned_from,
)
from tawny.testing.frames import RUN_DAY, assert_rows, event, event_frame, frame, rows_of, split_of

EARLY, LATE = RUN_DAY - timedelta(days=20), RUN_DAY - timedelta(days=10)
DAY = timedelta(days=1)


def test_impressions_are_not_informative_unless_they_have_a_weight(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", kind, 1) for kind in EVENT_TYPES])
    found = rows_of(informative(events, EventSettings()), "event_type")
    assert {kind for (kind,) in found} == set(EVENT_TYPES) - {"impression"}
    weighted = EventSettings.model_validate({"weights": {"impression": 0.1}})
    assert informative(events, weighted).count() == len(EVENT_TYPES)


def test_what_is_an_answer_or_counts_as_seen_is_informative_too() -> None:
    assert "impression" in EventSettings(targets={"impression": 1}).informative_types
    assert "impression" in EventSettings(seen_types=("impression",)).informative_types


def test_informative_events_are_labelled_by_the_split_of_the_night(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", kind, 15) for kind in ("view", "impression")])
    assert rows_of(labelled(events, NightSettings(), split_of()), "event_id", "label") == [("e0", "validation")]
    came = event_frame(spark, [event("u", "i", "view", 15, context={"split": "test"})])
    assert rows_of(labelled(came, NightSettings(), split_of("given")), "event_id", "label") == [("e0", "test")]


def test_the_cutoffs_of_the_folds_are_those_of_the_split(spark: SparkSession) -> None:
    expected = [("validation", EARLY), ("test", LATE), ("serve", RUN_DAY)]
    assert_rows(fold_cutoffs(event_frame(spark, []), split_of()), "fold cutoff_ts", expected)


def test_each_fold_learns_from_the_labels_before_its_own_and_counts_ages_to_its_cutoff(spark: SparkSession) -> None:
    split = split_of()
    events = labelled(event_frame(spark, [event("u", "i", "view", days) for days in (25.5, 15, 5)]), NightSettings(), split)
    learned = learned_from(events, split)
    assert "label" not in learned.columns
    assert_rows(
        learned.select("event_id", "fold", "as_of_ts", age_days().alias("age")),
        "event_id fold as_of_ts age",
        [
            ("e0", "validation", EARLY, 5.5),
            ("e0", "test", LATE, 15.5),
            ("e0", "serve", RUN_DAY, 25.5),
            ("e1", "test", LATE, 5.0),
            ("e1", "serve", RUN_DAY, 15.0),
            ("e2", "serve", RUN_DAY, 5.0),
        ],
    )


def test_an_event_answers_the_mornings_whose_horizon_it_lies_in(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", "i", "view", days) for days in (20.5, 20, 18.5, 10.5, 9.5)])
    two_days = {
        fold: replace(one, horizon_days=2, mornings=mornings_of(one.cutoff_ts, one.end_ts, 2))
        for fold, one in split_of().folds.items()
        if fold != "serve"
    }
    split = split_of(folds={**two_days, "serve": split_of().folds["serve"]})
    asked = asked_about(labelled(events, NightSettings(), split), split)
    first = EARLY
    assert_rows(
        asked.select("event_id", "fold", "as_of_ts"),
        "event_id fold as_of_ts",
        [
            ("e1", "validation", first),
            ("e2", "validation", first),
            ("e2", "validation", first + DAY),
            # The last morning of validation has its horizon within the window, and so has the first of test.
            ("e3", "validation", LATE - 2 * DAY),
            ("e4", "test", LATE),
        ],
    )


def test_without_instants_all_that_is_held_out_is_asked_for_at_once(spark: SparkSession) -> None:
    labels = ("fit", "validation", "test")
    events = event_frame(spark, [event("u", f"i{n}", "view", n, context={"split": labels[n]}) for n in range(3)])
    split = split_of("given")
    asked = asked_about(labelled(events, NightSettings(), split), split)
    expected = [("e1", "validation", RUN_DAY), ("e2", "test", RUN_DAY)]
    assert_rows(asked.select("event_id", "fold", "as_of_ts"), "event_id fold as_of_ts", expected)


def test_a_split_that_holds_nothing_out_asks_for_nothing(spark: SparkSession) -> None:
    nothing = replace(split_of().folds["test"], mornings=(), horizon_days=None)
    split = split_of(folds={**split_of().folds, "validation": nothing, "test": nothing})
    events = labelled(event_frame(spark, [event("u", "i", "view", 5)]), NightSettings(), split)
    assert rows_of(asked_about(events, split), "fold", "as_of_ts") == []


def test_a_morning_looks_back_on_all_that_came_before_it_and_on_nothing_else(spark: SparkSession) -> None:
    split = split_of()
    events = labelled(
        event_frame(spark, [event("u", "i", "view", days) for days in (25, 15, 14, 5)]), NightSettings(), split
    )
    morning = RUN_DAY - timedelta(days=14)
    schema = "fold string, user_id string, as_of_ts timestamp"
    rows = frame(spark, schema, ("validation", "u", morning), ("test", "v", LATE))
    found = before_mornings(events, rows, split)
    assert_rows(found.select("event_id", "fold", "as_of_ts"), "event_id fold as_of_ts", [
        ("e0", "validation", morning), ("e1", "validation", morning),
    ])  # fmt: skip
    # Rows at a fold's cutoff take what the fold learns from.
    at_cutoff = frame(spark, schema, ("validation", "u", morning), ("validation", "u", EARLY), ("serve", "u", RUN_DAY))
    both = before_rows(events, at_cutoff, split).where("fold = 'validation'")
    assert rows_of(both, "event_id", "as_of_ts") == [("e0", EARLY), ("e0", morning), ("e1", morning)]


def test_without_instants_a_fold_looks_back_on_the_labels_before_its_own(spark: SparkSession) -> None:
    labels = ("fit", "validation", "test")
    events = event_frame(spark, [event("u", f"i{n}", "view", n, context={"split": labels[n]}) for n in range(3)])
    split = split_of("given")
    rows = frame(
        spark, "fold string, user_id string, as_of_ts timestamp", ("validation", "u", RUN_DAY), ("test", "u", RUN_DAY)
    )
    found = before_mornings(labelled(events, NightSettings(), split), rows, split)
    assert rows_of(found, "fold", "event_id") == [("test", "e0"), ("test", "e1"), ("validation", "e0")]


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
