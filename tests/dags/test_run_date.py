"""For which day a run is: its parameter, else the end of its interval, else an error; never the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tawny.core.errors import ConfigError

Load = Callable[[str], ModuleType]


def run_until(end: datetime | None) -> SimpleNamespace:
    return SimpleNamespace(data_interval_end=end)


@pytest.fixture
def run_date_of(load: Load) -> Callable[[dict[str, Any], Any], str]:
    function: Callable[[dict[str, Any], Any], str] = load("_tasks").run_date_of
    return function


def test_the_parameter_wins(run_date_of: Any) -> None:
    assert run_date_of({"run_date": "2020-03-01"}, run_until(datetime(2024, 5, 6, 1, tzinfo=UTC))) == "2020-03-01"


def test_without_it_the_day_is_the_one_on_which_the_interval_ends(run_date_of: Any) -> None:
    assert run_date_of({"run_date": None}, run_until(datetime(2024, 5, 6, 1, tzinfo=UTC))) == "2024-05-06"


def test_the_day_is_counted_in_utc(run_date_of: Any) -> None:
    east = timezone(timedelta(hours=9))
    assert run_date_of({}, run_until(datetime(2024, 5, 6, 8, 59, tzinfo=east))) == "2024-05-05"


def test_a_run_that_has_neither_is_refused(run_date_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"must have the parameter run_date .*without a data interval.*Trigger it with"):
        run_date_of({"run_date": None}, run_until(None))


def test_a_parameter_that_is_no_date_is_refused(run_date_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"Received: run_date = '2020-02-30'"):
        run_date_of({"run_date": "2020-02-30"}, run_until(None))


def test_a_nightly_interval_ends_on_the_day_that_the_list_is_for(load: Load) -> None:
    from airflow.sdk import timezone as airflow_timezone

    timetable = load("nightly").dag.timetable
    interval = timetable.infer_manual_data_interval(run_after=airflow_timezone.datetime(2024, 5, 6, 1, 30))
    assert (interval.start.isoformat(), interval.end.isoformat()) == (
        "2024-05-05T01:00:00+00:00",
        "2024-05-06T01:00:00+00:00",
    )
