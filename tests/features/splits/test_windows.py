from datetime import date, timedelta

from tawny.core.config import SplitSettings
from tawny.features.splits.windows import Day, Window, choose_windows

FIRST = date(2026, 1, 1)


def days(*n_answers: int, n_warm: tuple[int, ...] | None = None) -> list[Day]:
    """A day of so many answers each; by default all of users with a history; a day of none is not there."""
    warm = n_warm or n_answers
    return [Day(FIRST + timedelta(days=n), own, warm[n], warm[n]) for n, own in enumerate(n_answers) if own]


def spans(found: tuple[Window | None, Window | None]) -> list[tuple[int, int] | None]:
    """First day and end of both windows, as days after FIRST."""
    return [((one.first - FIRST).days, (one.end - FIRST).days) if one else None for one in found]


def test_a_window_is_the_shortest_with_enough_answers_of_users_with_a_history() -> None:
    counted = days(*[100] * 30, n_warm=(0,) * 20 + (60,) * 10)
    assert spans(choose_windows(counted, SplitSettings(min_answers=100, min_lists=1))) == [(26, 28), (28, 30)]


def test_a_window_has_enough_lists_too() -> None:
    counted = [Day(FIRST + timedelta(days=n), 100, 100, 4) for n in range(30)]
    assert spans(choose_windows(counted, SplitSettings(min_answers=100, min_lists=12))) == [(24, 27), (27, 30)]


def test_a_window_holds_no_more_than_its_share_of_all_answers() -> None:
    assert spans(choose_windows(days(*[10] * 20), SplitSettings(max_share=0.2))) == [(12, 16), (16, 20)]


def test_a_window_has_room_for_one_horizon_whatever_its_share() -> None:
    counted = days(*[10] * 20)
    found = choose_windows(counted, SplitSettings(min_answers=1, min_lists=1, horizon_days=5))
    assert spans(found) == [(10, 15), (15, 20)]


def test_the_windows_end_on_the_last_active_day_and_skip_days_without_events() -> None:
    found = choose_windows(days(9, 9, 0, 0, 9, 0, 9), SplitSettings(min_answers=1, min_lists=1))
    assert spans(found) == [(4, 6), (6, 7)]


def test_a_window_never_takes_more_than_half_so_that_there_is_something_to_learn_from() -> None:
    assert spans(choose_windows(days(10, 10, 10), SplitSettings())) == [(1, 2), (2, 3)]
    assert spans(choose_windows(days(10, 10), SplitSettings())) == [(1, 2), None]
    assert spans(choose_windows(days(1, 10), SplitSettings())) == [None, None]
    assert spans(choose_windows(days(10), SplitSettings())) == [None, None]
    assert spans(choose_windows([], SplitSettings())) == [None, None]


def test_a_set_length_is_kept_but_for_a_day_to_learn_from() -> None:
    assert spans(choose_windows(days(*[10] * 20), SplitSettings(window_days=5))) == [(10, 15), (15, 20)]
    assert spans(choose_windows(days(*[10] * 8), SplitSettings(window_days=5))) == [(1, 3), (3, 8)]
    assert spans(choose_windows(days(*[10] * 4), SplitSettings(window_days=5))) == [(1, 4), None]
