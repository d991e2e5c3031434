from datetime import UTC, date, datetime, timedelta

from pyspark.sql import SparkSession

from tawny.core.config import NightSettings, SplitSettings
from tawny.features.splits.mornings import days_of, mornings
from tawny.features.splits.windows import Day
from tawny.testing.frames import RUN_DAY, event, event_frame

NIGHT = NightSettings(split=SplitSettings(min_answers=2, min_lists=1))
DAY = timedelta(days=1)


def test_a_day_counts_first_events_with_an_item_and_those_of_users_who_came_on_an_earlier_day(spark: SparkSession) -> None:
    events = event_frame(
        spark,
        [
            event("u", "a", "view", 9.5),
            event("u", "b", "purchase", 9.4),  # the user came on that day
            event("u", "a", "purchase", 5.5),
            event("u", "a", "purchase", 5.4),  # not the first with the item
            event("u", "c", "purchase", 5.3),
            event("v", "c", "purchase", 5.3),
            event("u", "d", "view", 2.5),  # not asked for
        ],
    )
    assert days_of(events, ["purchase"]) == [Day(date(2024, 2, 20), 1, 0, 0), Day(date(2024, 2, 24), 3, 2, 1)]


def test_the_windows_end_with_the_data_however_late_the_run_is(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", f"i{n}", "view", 400 + n / 2) for n in range(1, 41)])
    plan = mornings(events, NIGHT, ("view",), RUN_DAY)
    end = datetime(2023, 1, 26, tzinfo=UTC)
    assert RUN_DAY - end == 400 * DAY
    test, validation, serve = (plan.folds[fold] for fold in ("test", "validation", "serve"))
    assert (test.cutoff_ts, test.end_ts, test.mornings) == (end - DAY, end, (end - DAY,))
    assert (validation.cutoff_ts, validation.end_ts) == (end - 2 * DAY, end - DAY)
    assert (test.n_answers, test.n_warm_answers, test.horizon_days) == (2, 2, 1)
    assert (serve.cutoff_ts, serve.mornings) == (RUN_DAY, (RUN_DAY,))
    assert "validation: 1 days from 2023-01-24, 2 of 2 answers by users with a history, to 1 lists" in plan.reason


def test_a_first_day_holds_nothing_out_and_says_so(spark: SparkSession) -> None:
    events = event_frame(spark, [event("u", f"i{n}", "view", 0.5 + n / 100) for n in range(9)])
    plan = mornings(events, NIGHT, ("view",), RUN_DAY)
    assert (plan.kind, plan.folds["validation"].mornings, plan.folds["test"].mornings) == ("mornings", (), ())
    assert "1 active days are too few to hold one out; lists are led by popularity" in plan.reason


def test_without_usable_times_items_are_held_out_at_random(spark: SparkSession) -> None:
    events = event_frame(spark, [event(f"u{n % 5}", f"i{n}", "view", 3) for n in range(40)])
    plan = mornings(events, NIGHT, ("view",), RUN_DAY)
    assert plan.kind == "random_holdout"
    assert plan.folds["test"].mornings == (RUN_DAY,)
    assert plan.reason.startswith("most users have all their events at one instant")
