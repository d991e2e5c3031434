"""What is worse than before: every rule, on nights made by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tawny.publish.pointer import PublishedList
from tawny.report.history import NightFacts, Number, TaskRun, best_source
from tawny.report.series import ALL
from tawny.report.verdict import Finding, findings, usual

LAST = date(2026, 11, 23)  # a Monday
PUBLISHED = PublishedList(LAST, "a" * 16, "m", 100, 100, 0, "ndcg@20 of all", 100, 0.2, 0.1, 0.3, 0.1, "run", "published", 1)


def night(at: int = 0, numbers: dict[str, Number] | None = None, **seconds: float) -> NightFacts:
    """The night `at` days before the last."""
    runs = {name: TaskRun(name, "succeeded", value, None, None, {}, {}, "1") for name, value in seconds.items()}
    return NightFacts(LAST - timedelta(days=at), numbers or {}, runs, PUBLISHED)


def nights(key: str, values: Sequence[float]) -> list[NightFacts]:
    """Nights before the last, oldest first."""
    return [night(len(values) - at, {key: Number(value)}) for at, value in enumerate(values)]


def said(key: str, now: Number, before: Sequence[float]) -> list[tuple[str, str]]:
    """Kind and text of what there is to say."""
    return [(one.kind, one.text) for one in findings(night(0, {key: now}), nights(key, before)) if one.anchor == key]


def test_a_night_like_the_others_is_no_news() -> None:
    assert said("coverage", Number(0.41), [0.4, 0.42, 0.39, 0.41, 0.4, 0.43]) == []


def test_what_noise_does_not_explain_is_worse_in_the_bad_direction_and_better_in_the_other() -> None:
    before = [0.4, 0.42, 0.39, 0.41, 0.4, 0.4]
    assert said("coverage", Number(0.2), before) == [("worse", "20.0 %, median of 6 nights: 40.0 %.")]
    assert said("coverage", Number(0.6), before) == [("better", "60.0 %, median of 6 nights: 40.0 %.")]
    assert said("novelty", Number(20.0), [8.0] * 6) == [("unusual", "20.00, median of 6 nights: 8.00.")]


def test_a_metric_whose_interval_holds_the_usual_value_is_no_news() -> None:
    assert said("ndcg", Number(0.15, 0.1, 0.21), [0.2] * 6) == []
    assert said("ndcg", Number(0.15, 0.14, 0.16), [0.2] * 6) == [("worse", "0.1500, median of 6 nights: 0.2000.")]


def test_with_few_nights_the_last_one_counts_and_more_must_change() -> None:
    assert said("coverage", Number(0.33), [0.1, 0.4]) == []
    assert said("coverage", Number(0.31), [0.1, 0.4]) == [("worse", "31.0 %, night before: 40.0 %.")]


def test_a_shop_s_monday_is_held_against_mondays() -> None:
    week = [100.0, 200.0, 200.0, 200.0, 200.0, 50.0, 50.0]  # from Monday on
    before = week * 6
    assert said("day_events", Number(100.0), before) == []
    assert said("day_events", Number(50.0), before) == [("worse", "50, median of 6 Mondays: 100.")]


def test_only_the_last_two_weeks_count() -> None:
    series = next(one for one in ALL if one.key == "coverage")
    found = usual(night(), nights("coverage", [0.9] * 20 + [0.4] * 14), series)
    assert found is not None
    assert (found.value, found.of) == (0.4, "median of 14 nights")


def test_a_drift_below_a_quarter_is_none_whatever_it_was_before() -> None:
    assert said("drift_types", Number(0.24), [0.001] * 6) == []
    assert said("drift_types", Number(0.3), [0.001] * 6) == [("worse", "0.3000, median of 6 nights: 0.0010.")]
    assert said("drift_types", Number(0.31), [0.3] * 6) == []


def test_a_drift_that_chance_gives_is_none_and_the_first_shift_is_unusual() -> None:
    assert said("drift_hours", Number(2.9, 0.0, 3.3), [0.1] * 6) == []
    assert said("drift_hours", Number(2.9, 0.0, 3.3), []) == []
    assert [kind for kind, _ in said("drift_hours", Number(2.9, 0.0, 0.3), [])] == ["unusual"]


def test_a_final_list_behind_its_best_source_is_worse_from_the_first_night_on() -> None:
    behind = night(0, {"ndcg": Number(0.1, 0.08, 0.12), "best_source": Number(0.2)})
    assert [one.anchor for one in findings(behind, [])] == ["quality"]
    near = night(0, {"ndcg": Number(0.1, 0.08, 0.12), "best_source": Number(0.11)})
    assert findings(near, []) == []


def test_a_job_that_takes_twice_its_seconds_is_named() -> None:
    before = [night(n, rank=30.0, publish=1.0) for n in range(6, 0, -1)]
    assert findings(night(0, rank=65.0, publish=5.0), before) == [
        Finding("worse", "Seconds of rank", "1 min 05 s, usually 30.0 s.", "night")
    ]
    assert findings(night(0, rank=55.0, publish=5.0), before) == []


@pytest.mark.parametrize(("status", "why"), [("failed", "CheckError: no"), ("started", "it was killed, or still runs.")])
def test_a_job_that_did_not_succeed_is_named_with_its_reason(status: str, why: str) -> None:
    run = replace(
        night(0, rank=1.0).runs["rank"], status=status, error="CheckError: no\nmore" if status == "failed" else None
    )
    found = findings(replace(night(), runs={"rank": run}), [])
    assert found == [Finding("worse", "rank did not succeed", why, "night")]


def test_a_night_whose_list_nobody_reads_says_so_first() -> None:
    assert findings(replace(night(), published=None), [])[0].title == "Nothing was published"
    withdrawn = replace(night(), published=replace(PUBLISHED, status="withdrawn"))
    assert findings(withdrawn, [])[0].title == "The list was withdrawn"


def test_a_final_list_without_its_policy_is_no_source() -> None:
    subjects = {"final": 0.2, "als": 0.1, "before_policy": 0.3}
    rows = [{"subject": name, "metric": "ndcg", "value": value} for name, value in subjects.items()]
    assert best_source(rows) == rows[1]
