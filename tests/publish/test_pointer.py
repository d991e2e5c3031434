"""The pointer moves forward by a night, back by a rollback that stays, and never onto a list that readers have not seen."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import permutations
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tawny.core.errors import CheckError, StaleInputError
from tawny.evaluation.settings import GateSettings
from tawny.lake.arrow import ArrowLake
from tawny.lake.schema import arrow_schema
from tawny.publish.pointer import (
    MAX_SUPERSEDED,
    PublishedList,
    lists_of,
    publish,
    publish_judged,
    published_in,
    published_pointer,
    restore,
    seen_before,
    standing,
    withdraw,
)
from tawny.tables.published import PUBLISHED

D1, D2, D3 = (date(1998, 4, day) for day in (1, 2, 3))
NONE = pa.Table.from_pylist([], schema=arrow_schema(PUBLISHED))
Step = Callable[[pa.Table], pa.Table]


def candidate(run_date: date, list_id: str, value: float | None = None) -> PublishedList:
    judged = {"metric": "ndcg@20 of all", "n_judged": 500, "value": value, "ci_low": value, "ci_high": value, "floor": 0.0}
    return PublishedList(
        run_date=run_date, list_id=list_id, model_version=f"m-{list_id}", n_users=9, n_listed=8, n_exhausted=1, run_id="run",
        **judged,  # type: ignore[arg-type]
    )  # fmt: skip


def night(run_date: date, list_id: str) -> Step:
    return partial(publish, candidate=candidate(run_date, list_id))


def kept(run_date: date, list_id: str) -> bool:
    return True


def back(run_date: date, list_id: str) -> Step:
    return partial(withdraw, run_date=run_date, list_id=list_id, is_kept=kept)


def to(run_date: date, list_id: str | None = None) -> Step:
    return partial(restore, run_date=run_date, list_id=list_id, is_kept=kept)


def after(*steps: Step) -> pa.Table:
    rows = NONE
    for step in steps:
        rows = step(rows)
    return rows


def statuses(rows: pa.Table) -> dict[str, str]:
    """By list_id, in the order in which the lists became published."""
    return {one.list_id: one.status for one in lists_of(rows)}


def test_the_first_night_publishes_its_list_with_what_was_counted_and_measured() -> None:
    (row,) = after(partial(publish, candidate=candidate(D1, "a", 0.25))).to_pylist()
    assert row == {
        "list": "main", "run_date": D1, "list_id": "a", "model_version": "m-a", "status": "published", "sequence": 1,
        "n_users": 9, "n_listed": 8, "n_exhausted": 1, "metric": "ndcg@20 of all", "n_judged": 500, "value": 0.25,
        "ci_low": 0.25, "ci_high": 0.25, "floor": 0.0, "run_id": "run",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((night(D1, "a"), night(D2, "b")), {"a": "superseded", "b": "published"}),
        ((night(D1, "a"), night(D1, "A")), {"a": "superseded", "A": "published"}),
        ((night(D1, "a"), night(D1, "A"), night(D1, "a")), {"A": "superseded", "a": "published"}),
        ((night(D2, "b"), night(D1, "a")), {"b": "published"}),
    ],
    ids=["the next night", "the same date with another list", "and with the first again", "a backfill of an older date"],
)
def test_a_night_moves_the_pointer_forward_only(steps: tuple[Step, ...], expected: dict[str, str]) -> None:
    assert statuses(after(*steps)) == expected


def test_the_same_list_again_returns_the_very_rows() -> None:
    rows = after(night(D1, "a"))
    assert publish(rows, replace(candidate(D1, "a"), run_id="another run")) is rows


def test_two_days_may_have_lists_of_the_same_rows() -> None:
    rows = after(night(D1, "a"), night(D2, "a"))
    assert [(one.run_date, one.status) for one in lists_of(rows)] == [(D1, "superseded"), (D2, "published")]


def test_a_rollback_publishes_the_list_before_and_a_second_one_goes_one_further_back() -> None:
    rows = after(night(D1, "a"), night(D2, "b"), night(D3, "c"), back(D3, "c"))
    assert statuses(rows) == {"a": "superseded", "b": "published", "c": "withdrawn"}
    assert statuses(back(D2, "b")(rows)) == {"a": "published", "b": "withdrawn", "c": "withdrawn"}


def test_a_rollback_within_a_day_goes_back_to_the_days_first_list() -> None:
    assert statuses(after(night(D1, "a"), night(D1, "A"), back(D1, "A"))) == {"a": "published", "A": "withdrawn"}


def test_a_rerun_does_not_publish_a_withdrawn_list_again_and_says_how_to(caplog: pytest.LogCaptureFixture) -> None:
    rows = after(night(D1, "a"), night(D2, "bad"), back(D2, "bad"))
    with caplog.at_level(logging.WARNING):
        assert night(D2, "bad")(rows) is rows
    assert "List bad of 1998-04-02 was withdrawn" in caplog.text
    assert "`tawny rollback --to bad` brings it back" in caplog.text
    # The same day with other rows, and the next day, are published as ever.
    assert statuses(night(D2, "good")(rows)) == {"a": "superseded", "bad": "withdrawn", "good": "published"}
    assert statuses(night(D3, "c")(rows))["c"] == "published"


def test_the_same_rollback_again_changes_nothing() -> None:
    rows = after(night(D1, "a"), night(D2, "b"), night(D3, "c"), back(D3, "c"))
    assert back(D3, "c")(rows) is rows


def test_a_rollback_of_a_list_that_is_not_published_any_more_is_refused() -> None:
    rows = after(night(D1, "a"), night(D2, "b"), night(D3, "c"))
    with pytest.raises(StaleInputError, match="Received: list b of 1998-04-02, while list c of 1998-04-03 is published"):
        back(D2, "b")(rows)
    with pytest.raises(StaleInputError, match="while nothing is published"):
        back(D2, "b")(NONE)


def test_without_a_list_that_readers_saw_there_is_nothing_to_roll_back_to() -> None:
    for rows in (after(night(D1, "a")), after(night(D1, "a"), night(D2, "b"), back(D2, "b"))):
        with pytest.raises(StaleInputError, match=r"a list that readers saw before, to go back to. Received: none"):
            back(D1, "a")(rows)


def test_a_rollback_passes_over_lists_whose_rows_are_dropped() -> None:
    rows = after(night(D1, "a"), night(D2, "b"), night(D3, "c"))
    assert statuses(withdraw(rows, D3, "c", lambda day, _: day != D2))["a"] == "published"
    with pytest.raises(StaleInputError, match="Received: 2 such lists, none of them in recommendations_v2 any more"):
        withdraw(rows, D3, "c", lambda *_: False)


def test_a_withdrawn_list_comes_back_by_name_and_a_rollback_undoes_that() -> None:
    rows = after(night(D1, "a"), night(D2, "b"), back(D2, "b"), to(D2, "b"))
    assert statuses(rows) == {"a": "superseded", "b": "published"}
    assert statuses(back(D2, "b")(rows)) == {"a": "published", "b": "withdrawn"}


def test_going_back_to_a_day_withdraws_the_later_ones_so_that_no_retry_brings_them_again() -> None:
    rows = after(night(D1, "a"), night(D2, "b"), night(D3, "c"), to(D1))
    assert statuses(rows) == {"a": "published", "b": "withdrawn", "c": "withdrawn"}
    assert night(D3, "c")(rows) is rows
    assert night(D2, "b")(rows) is rows
    assert to(D1)(rows) is rows


def test_of_a_days_lists_the_newest_that_is_not_withdrawn_comes_back_unless_one_is_named() -> None:
    rows = after(night(D1, "a"), night(D1, "bad"), back(D1, "bad"), night(D2, "b"))
    assert statuses(to(D1)(rows)) == {"a": "published", "bad": "withdrawn", "b": "withdrawn"}
    assert statuses(to(D1, "bad")(rows)) == {"a": "superseded", "bad": "published", "b": "withdrawn"}


def test_going_back_within_a_day_withdraws_the_days_later_list() -> None:
    rows = after(night(D1, "a"), night(D1, "A"), to(D1, "a"))
    assert statuses(rows) == {"a": "published", "A": "withdrawn"}
    assert night(D1, "A")(rows) is rows


def test_a_list_that_readers_never_saw_cannot_be_rolled_back_to() -> None:
    rows = after(night(D2, "b"), night(D1, "unseen"))
    with pytest.raises(StaleInputError, match="readers must have seen a list of 1998-04-01"):
        to(D1)(rows)
    with pytest.raises(StaleInputError, match="readers must have seen list other of 1998-04-02"):
        to(D2, "other")(rows)


def test_old_superseded_rows_are_dropped_and_withdrawn_ones_stay() -> None:
    rows = after(night(D1, "a"), night(D2, "bad"), back(D2, "bad"))
    for n in range(MAX_SUPERSEDED + 3):
        rows = night(D3 + timedelta(days=n), f"l{n}")(rows)
    assert list(statuses(rows).values()).count("superseded") == MAX_SUPERSEDED
    assert statuses(rows)["bad"] == "withdrawn"
    assert "a" not in statuses(rows)
    assert night(D2, "bad")(rows) is rows


def test_rows_of_other_lists_are_left_alone() -> None:
    other = pa.Table.from_pylist([{**after(night(D3, "x")).to_pylist()[0], "list": "other"}], schema=NONE.schema)
    rows = night(D1, "a")(other)
    assert statuses(rows) == {"a": "published"}
    assert rows.filter(pc.equal(rows["list"], "other")).equals(other)


def test_those_served_before_are_read_from_the_newest_earlier_list_that_is_not_withdrawn() -> None:
    rows = after(night(D1, "a"), night(D2, "b"))
    assert [found and found.list_id for found in (seen_before(rows, day) for day in (D1, D2, D3))] == [None, "a", "b"]
    found = seen_before(back(D2, "b")(rows), D3)
    assert found is not None
    assert found.list_id == "a"


@pytest.mark.parametrize(
    ("run_date", "list_id", "text"),
    [
        (D3, "c", "List c of 1998-04-03 is published."),
        (D2, "b", "List b of 1998-04-02 was published before; the list of 1998-04-03 is published, which is a later day."),
        (D1, "x", "List x of 1998-04-01 was not published; the list of 1998-04-03 is published, which is a later day."),
        (D3, "x", "List x of 1998-04-03 was not published."),
    ],
)
def test_the_standing_of_a_list_is_said_in_a_sentence(run_date: date, list_id: str, text: str) -> None:
    assert standing(after(night(D2, "b"), night(D3, "c")), run_date, list_id) == text


def test_a_list_worse_than_the_published_one_is_refused_but_not_where_it_would_not_be_published() -> None:
    rows = after(partial(publish, candidate=candidate(D2, "b", 0.3)))
    with pytest.raises(CheckError, match=r"must reach the published list less 10\.0%"):
        publish_judged(rows, candidate(D3, "c", 0.2), GateSettings(), "x")
    assert publish_judged(rows, candidate(D1, "a", 0.2), GateSettings(), "x") is rows


# Fault 3: two publishers at once. Each may have read the rows before the other committed; what counts is the newest rows.


@pytest.mark.parametrize("order", list(permutations([D1, D2, D3])), ids=str)
def test_in_whatever_order_nights_commit_the_latest_day_is_published(order: tuple[date, ...]) -> None:
    rows = after(*(night(day, f"l{day.day}") for day in order))
    assert published_in(rows) == replace(candidate(D3, "l3"), status="published", sequence=len(lists_of(rows)))


def test_a_backfill_that_read_the_pointer_before_tonight_moved_it_does_not_take_it_back() -> None:
    backfill = night(D1, "a")
    assert statuses(backfill(NONE)) == {"a": "published"}  # what it would have committed
    assert statuses(backfill(after(night(D2, "b")))) == {"b": "published"}  # what it decides on the newest rows


class Interrupted(ArrowLake):
    """A lake in which another run commits while `decide` runs for the first time."""

    def between(self, root: str, other: Step, decide: Step) -> Step:
        done: list[bool] = []

        def decided(rows: pa.Table) -> pa.Table:
            if not done:
                done.append(True)
                ArrowLake(root).update(PUBLISHED, other)
            return decide(rows)

        return decided


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (night(D1, "d1"), night(D2, "d2"), {"z": "superseded", "d2": "published"}),
        (night(D2, "d2"), night(D1, "d1"), {"z": "superseded", "d1": "superseded", "d2": "published"}),
        (night(D1, "d1"), night(D1, "d1"), {"z": "superseded", "d1": "published"}),
    ],
    ids=["a backfill, tonight in between", "tonight, a backfill in between", "the same night twice"],
)
def test_a_commit_in_between_is_seen(tmp_path: Path, one: Step, other: Step, expected: dict[str, str]) -> None:
    lake = Interrupted(str(tmp_path))
    lake.ensure([PUBLISHED])
    lake.update(PUBLISHED, night(date(1998, 3, 1), "z"))
    lake.update(PUBLISHED, lake.between(str(tmp_path), other, one))
    assert statuses(lake.read(PUBLISHED, lake.version(PUBLISHED), ())) == expected


def test_a_rollback_of_a_list_that_tonight_replaced_in_between_withdraws_nothing(tmp_path: Path) -> None:
    lake = Interrupted(str(tmp_path))
    lake.ensure([PUBLISHED])
    for step in (night(D1, "a"), night(D2, "b")):
        lake.update(PUBLISHED, step)
    with pytest.raises(StaleInputError, match="while list c of 1998-04-03 is published"):
        lake.update(PUBLISHED, lake.between(str(tmp_path), night(D3, "c"), back(D2, "b")))
    assert statuses(lake.read(PUBLISHED, lake.version(PUBLISHED), ()))["c"] == "published"


def test_many_publishers_at_once_lose_no_list_and_end_on_the_latest_day(tmp_path: Path) -> None:
    ArrowLake(str(tmp_path)).ensure([PUBLISHED])
    days = [D1 + timedelta(days=n) for n in range(4)]
    barrier = Barrier(len(days))

    def one(day: date) -> None:
        barrier.wait()
        ArrowLake(str(tmp_path)).update(PUBLISHED, night(day, f"l{day.day}"))

    threads = [Thread(target=one, args=(day,)) for day in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lake = ArrowLake(str(tmp_path))
    lists = lists_of(lake.read(PUBLISHED, lake.version(PUBLISHED), ()))
    assert lists[-1].run_date == days[-1]
    assert [one.status for one in lists] == ["superseded"] * (len(lists) - 1) + ["published"]
    assert [one.sequence for one in lists] == list(range(1, len(lists) + 1))
    assert [one.run_date for one in lists] == sorted(one.run_date for one in lists)


def test_a_list_that_was_published_already_commits_nothing(tmp_path: Path) -> None:
    lake = ArrowLake(str(tmp_path))
    lake.ensure([PUBLISHED])
    version = lake.update(PUBLISHED, night(D1, "a")).version
    assert lake.update(PUBLISHED, night(D1, "a")).version == version == lake.version(PUBLISHED)


def test_a_lake_without_a_published_list_has_no_pointer(tmp_path: Path) -> None:
    lake = ArrowLake(str(tmp_path))
    with pytest.raises(StaleInputError, match="the table must exist"):
        published_pointer(lake)
    lake.ensure([PUBLISHED])
    assert published_pointer(lake) is None
