from datetime import UTC, datetime, timedelta

from tawny.core.split import FoldSplit, NightSplit, mornings_of
from tawny.features.splits.plan import split_table
from tawny.testing.frames import RUN_DAY, split_of


def test_a_split_is_what_its_rows_say() -> None:
    split = split_of(is_ordered=False, targets={"purchase": 10.0, "cart": 3.0}, seen_types=("hide",), reason="so")
    assert NightSplit.from_table(split_table(split)) == split


def test_mornings_are_days_whose_answers_lie_within_the_window() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    end = first + timedelta(days=7)
    assert mornings_of(first, end, 1) == tuple(first + timedelta(days=n) for n in range(7))
    assert mornings_of(first, end, 7) == (first,)
    assert mornings_of(first, end, 8) == mornings_of(first, first, 1) == ()


def test_a_split_is_by_time_where_windows_follow_what_is_learned_from() -> None:
    assert split_of().is_by_time
    assert not split_of("leave_last_out").is_by_time
    assert split_of().end_ts == RUN_DAY
    nothing = FoldSplit(RUN_DAY, RUN_DAY)
    assert not split_of(folds=dict.fromkeys(("validation", "test", "serve"), nothing)).is_by_time
