"""The published pointer: which list readers follow. Pure functions on the rows of published_v2.

`Run.update` and `Lake.update` commit what they return only if nobody committed in between, and ask again on the newer rows
if somebody did. So each function must be right for whatever rows it is given, and must not look at anything else.

The rules:
- one list is `published`: what readers follow;
- a night publishes its list (`publish`), unless a list of a later run_date is published, or the very list was withdrawn;
- a rollback (`withdraw`) makes the published list `withdrawn` and publishes the newest list that readers saw before;
- `restore` publishes a list of a given day that readers saw, and withdraws later ones: else the next retry of a later day
  would publish it again. It is the only way back for a withdrawn list.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.errors import StaleInputError
from tawny.evaluation.gate import Judgement, check_champion
from tawny.evaluation.settings import GateSettings
from tawny.lake.base import Lake
from tawny.lake.schema import arrow_schema
from tawny.tables.published import PUBLISHED

logger = logging.getLogger(__name__)

Status = Literal["published", "superseded", "withdrawn"]

IsKept = Callable[[date, str], bool]
"""Whether recommendations_v2 still holds a list (run_date, list_id)."""

MAIN = "main"
"""The name of the one list that is published."""

MAX_SUPERSEDED = 400
"""Lists that readers once followed and that a rollback may go back to: a year of nights. All withdrawn ones are kept."""

_MAX_ROWS = 1_000_000


@dataclass(frozen=True)
class PublishedList:
    """A row of published_v2; the columns are explained there. A list that is not published yet has sequence 0."""

    run_date: date
    list_id: str
    model_version: str
    n_users: int
    n_listed: int
    n_exhausted: int
    metric: str
    n_judged: int
    value: float | None
    ci_low: float | None
    ci_high: float | None
    floor: float | None
    run_id: str
    status: Status = "superseded"
    sequence: int = 0
    list: str = MAIN

    @property
    def judgement(self) -> Judgement:
        """What the gate measured of it."""
        return Judgement(**{field.name: getattr(self, field.name) for field in fields(Judgement)})

    def is_list(self, run_date: date, list_id: str) -> bool:
        """Whether it is this list. Two days may have lists of the same rows, so the day counts."""
        return (self.run_date, self.list_id) == (run_date, list_id)


def lists_of(rows: pa.Table) -> tuple[PublishedList, ...]:
    """The lists named `main` in rows of published_v2, in the order in which they became published."""
    own = rows.filter(pc.equal(rows["list"], MAIN)).to_pylist()
    return tuple(sorted((PublishedList(**row) for row in own), key=lambda one: (one.sequence, one.run_date, one.list_id)))


def published_in(rows: pa.Table) -> PublishedList | None:
    """The list that readers follow; None where nothing is published."""
    return next((one for one in lists_of(rows) if one.status == "published"), None)


def published_now(rows: pa.Table) -> PublishedList:
    """The list that readers follow.

    Raises:
        StaleInputError: nothing is published.
    """
    now = published_in(rows)
    if now is None:
        raise StaleInputError(where=PUBLISHED.name, rule="a list must be published.", came="none", do="Run `tawny night`.")
    return now


def published_rows(lake: Lake[Any]) -> pa.Table:
    """The newest rows of published_v2.

    Raises:
        StaleInputError: there is no such table.
    """
    return lake.read_arrow(PUBLISHED, lake.version(PUBLISHED), (), _MAX_ROWS)


def published_pointer(lake: Lake[Any]) -> PublishedList | None:
    """The list that readers follow in a lake; None where nothing is published.

    Raises:
        StaleInputError: there is no such table.
    """
    return published_in(published_rows(lake))


def seen_before(rows: pa.Table, run_date: date) -> PublishedList | None:
    """The newest list of an earlier day that readers follow or followed; None where there is none."""
    seen = [one for one in lists_of(rows) if one.run_date < run_date and one.status != "withdrawn"]
    return seen[-1] if seen else None


def publish(rows: pa.Table, candidate: PublishedList) -> pa.Table:
    """The rows after a night: readers follow `candidate`.

    Nothing changes where it is published already, where a list of a later run_date is, or where this very list was
    withdrawn. Another list of the same run_date replaces the first.

    Args:
        rows: of published_v2.
        candidate: an audited list, with sequence 0.
    """
    lists = lists_of(rows)
    same = next((one for one in lists if one.is_list(candidate.run_date, candidate.list_id)), None)
    now = published_in(rows)
    if (same and same.status != "superseded") or (now and now.run_date > candidate.run_date):
        level = logging.WARNING if same and same.status == "withdrawn" else logging.INFO
        logger.log(level, "%s", standing(rows, candidate.run_date, candidate.list_id))
        return rows
    taken = replace(candidate, status="published", sequence=1 + max((one.sequence for one in lists), default=0))
    others = [_superseded(one) for one in lists if one is not same]
    return _rows(rows, [*others, taken])


def publish_judged(rows: pa.Table, candidate: PublishedList, gate: GateSettings, where: str) -> pa.Table:
    """As `publish`, if the candidate is no worse than the list that it would replace.

    Args:
        rows: of published_v2.
        candidate: an audited list, with what the gate measured of it.
        gate: see there.
        where: table and run_date, for the error.

    Raises:
        CheckError: it is worse by more than the gate allows.
    """
    after, now = publish(rows, candidate), published_in(rows)
    if after is not rows:
        check_champion(candidate.judgement, now.judgement if now else None, gate, where=where)
    return after


def withdraw(rows: pa.Table, run_date: date, list_id: str, is_kept: IsKept) -> pa.Table:
    """The rows after a rollback: this list is withdrawn, and readers follow the newest list that they followed before it.

    Nothing changes where this list is withdrawn already. Never does a list become published that readers have not seen.

    Args:
        rows: of published_v2.
        run_date, list_id: of the list that is published.
        is_kept: for lists that readers may go back to.

    Raises:
        StaleInputError: another list is published, or there is none to go back to.
    """
    lists, now = lists_of(rows), published_in(rows)
    if any(one.is_list(run_date, list_id) and one.status == "withdrawn" for one in lists):
        return rows
    if now is None or not now.is_list(run_date, list_id):
        is_published = f"list {now.list_id} of {now.run_date}" if now else "nothing"
        came = f"list {list_id} of {run_date}, while {is_published} is published"
        rule = "only the published list can be withdrawn."
        raise StaleInputError(where=PUBLISHED.name, rule=rule, came=came, do="Look at `tawny show`, and roll back again.")
    superseded = [one for one in lists if one.status == "superseded"]
    back = next((one for one in reversed(superseded) if is_kept(one.run_date, one.list_id)), None)
    if back is None:
        rule = "there must be a list that readers saw before, to go back to."
        came = f"{len(superseded)} such lists, none of them in recommendations_v2 any more" if superseded else "none"
        raise StaleInputError(where=PUBLISHED.name, rule=rule, came=came, do="Fix the cause, and run `tawny night` again.")
    others = [one for one in lists if one not in (now, back)]
    return _rows(rows, [*others, replace(now, status="withdrawn"), replace(back, status="published")])


def restore(rows: pa.Table, run_date: date, list_id: str | None, is_kept: IsKept) -> pa.Table:
    """The rows after `roll_back` to a day: readers follow one of its lists that they have seen.

    Lists of later days, and later lists of the same day, are withdrawn: else a retry would publish them again. The published
    list of an earlier day is superseded. Nothing changes where the chosen list is published.

    Args:
        rows: of published_v2.
        run_date: the day.
        list_id: one of its lists, withdrawn or not; None: the newest that is not withdrawn, or else the newest that is.
        is_kept: for lists that readers may go back to.

    Raises:
        StaleInputError: readers have not seen it, or it is not kept any more.
    """
    lists = lists_of(rows)
    of_day = [one for one in lists if one.run_date == run_date and list_id in (None, one.list_id)]
    kept = [one for one in of_day if is_kept(one.run_date, one.list_id)]
    if not kept:
        days = ", ".join(str(day) for day in sorted({one.run_date for one in lists})[-5:]) or "none"
        rule = f"readers must have seen {f'list {list_id}' if list_id else 'a list'} of {run_date}, and it must be kept."
        came = f"{len(of_day)} seen, none of them kept; newest days with a list: {days}"
        raise StaleInputError(
            where=PUBLISHED.name, rule=rule, came=came, do="Name one of these, or run `tawny night` for it."
        )
    chosen = next((one for one in reversed(kept) if one.status != "withdrawn"), kept[-1])
    if chosen.status == "published":
        return rows
    place = (chosen.run_date, chosen.sequence)
    later = [replace(one, status="withdrawn") for one in lists if (one.run_date, one.sequence) > place]
    others = [_superseded(one) for one in lists if (one.run_date, one.sequence) < place]
    return _rows(rows, [*later, *others, replace(chosen, status="published")])


def standing(rows: pa.Table, run_date: date, list_id: str) -> str:
    """Whether readers follow list `list_id` of `run_date`, or why not, as a sentence."""
    name = f"List {list_id} of {run_date}"
    own = next((one for one in lists_of(rows) if one.is_list(run_date, list_id)), None)
    now = published_in(rows)
    if own and own.status == "published":
        return f"{name} is published."
    if own and own.status == "withdrawn":
        return (
            f"{name} was withdrawn by a rollback and is not published again; `tawny rollback --to {list_id}` brings it back."
        )
    was = "was published before" if own else "was not published"
    why = f"; the list of {now.run_date} is published, which is a later day" if now and now.run_date > run_date else ""
    return f"{name} {was}{why}."


def _superseded(one: PublishedList) -> PublishedList:
    return replace(one, status="superseded") if one.status == "published" else one


def _rows(rows: pa.Table, lists: Iterable[PublishedList]) -> pa.Table:
    """The rows with these lists in the place of those named `main`; of the superseded ones only the newest."""
    ordered = sorted(lists, key=lambda one: one.sequence)
    superseded = [one for one in ordered if one.status == "superseded"]
    trimmed = {id(one) for one in superseded[:-MAX_SUPERSEDED]}
    kept = [asdict(one) for one in ordered if id(one) not in trimmed]
    schema = arrow_schema(PUBLISHED)
    others = rows.filter(pc.not_equal(rows["list"], MAIN)).select(schema.names).cast(schema)
    return pa.concat_tables([others, pa.Table.from_pylist(kept, schema=schema)])
