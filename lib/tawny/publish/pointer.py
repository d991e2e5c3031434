"""The published pointer: which run_date's lists readers follow, where a night moves it, and how to roll back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.errors import StaleInputError
from tawny.lake.base import Lake
from tawny.lake.schema import arrow_schema
from tawny.tables.published import PUBLISHED

MAIN = "main"
"""The name of the one list that is published."""

_MAX_LISTS = 1000


@dataclass(frozen=True)
class Pointer:
    """The published run_date.

    Attributes:
        run_date: of the lists that readers follow.
        previous_run_date: what was published before, and where a rollback goes; None after the first night.
        model_version: of the published lists.
    """

    run_date: date
    previous_run_date: date | None
    model_version: str

    def row(self) -> pa.Table:
        """The pointer as the one row of published_v1."""
        return pa.Table.from_pylist([{"list": MAIN, **asdict(self)}], schema=arrow_schema(PUBLISHED))


def pointer_of(rows: pa.Table) -> Pointer | None:
    """The pointer in rows of published_v1; None where nothing was ever published."""
    own = rows.filter(pc.equal(rows["list"], MAIN)).drop_columns(["list"]).to_pylist()
    return Pointer(**own[0]) if own else None


def published_pointer(lake: Lake[Any]) -> Pointer | None:
    """The pointer in a lake; None where nothing was ever published.

    Raises:
        StaleInputError: there is no such table.
    """
    return pointer_of(lake.read_arrow(PUBLISHED, lake.version(PUBLISHED), (), _MAX_LISTS))


def next_pointer(pointer: Pointer | None, run_date: date, model_version: str) -> Pointer:
    """The pointer after a night: `run_date`, but never an older date than before (a backfill does not move it back).

    Running the night again for the published date keeps previous_run_date.

    >>> next_pointer(Pointer(date(1998, 4, 1), None, "old"), date(1998, 4, 2), "new").previous_run_date
    datetime.date(1998, 4, 1)
    """
    if pointer is not None and run_date < pointer.run_date:
        return pointer
    return Pointer(run_date, _previous_run_date(pointer, run_date), model_version)


def rolled_back(pointer: Pointer | None, run_date: date, model_version: str) -> Pointer:
    """The pointer moved to `run_date`, forward or back; the date it was at becomes previous_run_date.

    Raises:
        StaleInputError: nothing was ever published.
    """
    if pointer is None:
        raise _no_rollback("nothing was ever published")
    return Pointer(run_date, _previous_run_date(pointer, run_date), model_version)


def rollback_date(pointer: Pointer | None) -> date:
    """The run_date to roll back to: what was published before.

    Raises:
        StaleInputError: nothing was published before.
    """
    if pointer is None or pointer.previous_run_date is None:
        raise _no_rollback(f"only {pointer.run_date} was ever published" if pointer else "nothing was ever published")
    return pointer.previous_run_date


def _previous_run_date(pointer: Pointer | None, run_date: date) -> date | None:
    """The previous_run_date of a pointer that moves to `run_date`; running the job twice changes it once."""
    if pointer is None:
        return None
    return pointer.previous_run_date if pointer.run_date == run_date else pointer.run_date


def _no_rollback(came: str) -> StaleInputError:
    rule, do = "there must be a published run_date to go back to.", "Run `tawny night` for another day."
    return StaleInputError(where=PUBLISHED.name, rule=rule, came=came, do=do)
