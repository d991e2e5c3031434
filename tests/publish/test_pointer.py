"""The pointer moves forward by a night, and back only by a rollback."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from tawny.core.errors import StaleInputError
from tawny.lake.arrow import ArrowLake
from tawny.publish.pointer import Pointer, next_pointer, pointer_of, published_pointer, rollback_date, rolled_back
from tawny.tables.published import PUBLISHED

D1, D2, D3 = date(1998, 4, 1), date(1998, 4, 2), date(1998, 4, 3)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (None, Pointer(D2, None, "new")),
        (Pointer(D1, None, "old"), Pointer(D2, D1, "new")),
        (Pointer(D2, D1, "old"), Pointer(D2, D1, "new")),
        (Pointer(D3, D1, "old"), Pointer(D3, D1, "old")),
    ],
    ids=["the first night", "the next night", "the same night again", "a backfill of an older date"],
)
def test_a_night_moves_the_pointer_forward_only(now: Pointer | None, expected: Pointer) -> None:
    assert next_pointer(now, D2, "new") == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (Pointer(D3, D2, "new"), Pointer(D2, D3, "old")),
        (Pointer(D3, D1, "new"), Pointer(D2, D3, "old")),
        (Pointer(D1, None, "new"), Pointer(D2, D1, "old")),
        (Pointer(D2, D3, "old"), Pointer(D2, D3, "old")),
    ],
    ids=["to the date before", "to another date", "forward", "the same rollback again"],
)
def test_a_rollback_publishes_any_date_and_keeps_the_one_before_it(now: Pointer, expected: Pointer) -> None:
    assert rolled_back(now, D2, "old") == expected


def test_two_rollbacks_to_the_date_before_restore_the_pointer() -> None:
    versions, start = {D2: "old", D3: "new"}, Pointer(D3, D2, "new")
    once = rolled_back(start, rollback_date(start), versions[D2])
    assert once == Pointer(D2, D3, "old")
    assert rolled_back(once, rollback_date(once), versions[D3]) == start


@pytest.mark.parametrize(
    ("now", "came"),
    [(None, "nothing was ever published"), (Pointer(D1, None, "old"), "only 1998-04-01 was ever published")],
)
def test_without_a_previous_date_there_is_nothing_to_roll_back_to(now: Pointer | None, came: str) -> None:
    with pytest.raises(StaleInputError, match=f"there must be a published run_date to go back to. Received: {came}"):
        rollback_date(now)


def test_a_rollback_of_nothing_is_refused() -> None:
    with pytest.raises(StaleInputError, match="nothing was ever published"):
        rolled_back(None, D1, "old")


def test_a_pointer_is_one_row_and_is_read_back_from_it() -> None:
    pointer = Pointer(D2, D1, "new")
    row = {"list": "main", "run_date": D2, "previous_run_date": D1, "model_version": "new"}
    assert pointer.row().to_pylist() == [row]
    other = pa.Table.from_pylist([{**row, "list": "other", "run_date": D3}], schema=pointer.row().schema)
    assert pointer_of(pa.concat_tables([other, pointer.row()])) == pointer
    assert pointer_of(other) is None


def test_a_lake_without_a_published_list_has_no_pointer(tmp_path: Path) -> None:
    lake = ArrowLake(str(tmp_path))
    with pytest.raises(StaleInputError, match="the table must exist"):
        published_pointer(lake)
    lake.ensure([PUBLISHED])
    assert published_pointer(lake) is None
