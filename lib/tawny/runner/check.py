"""Whether a night can run, and what it will be able to do: settings, machine, files and data, without a JVM.

`preflight` is what a night asks before its first job; `check` reads every row too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from typing import TYPE_CHECKING, Any

from tawny.core.config import job_settings
from tawny.core.errors import CheckError, ConfigError, InputError, TawnyError
from tawny.core.settings import Settings
from tawny.runner.machine import Remark, check_disk, check_machine

if TYPE_CHECKING:  # they open files, or import Spark's Python half
    from tawny.features.splits.forecast import Forecast
    from tawny.ingest.files.file import Kind
    from tawny.ingest.profile.facts import EventFacts, Heavy
    from tawny.ingest.profile.measure import Looked, Measured
    from tawny.runner.local import LocalRunner

MAX_ROWS = 5_000_000
"""Of more events a part is read: some 30 seconds, and 2 GB of memory."""

PREFLIGHT_BYTES = 64 << 20
"""A night inspects new files of this size together before its first job, a second's work; of larger ones the ingest does."""

_STALE_DAYS = 7
_GAP_DAYS = 14
_HEAVY_SHARE = 0.1
_MANY_EVENTS = 1_000
_FEW_REFUSED = 0.05
_AHEAD_SHARE = 0.2
_MIDNIGHT_SHARE = 0.9
_DESCRIBED_SHARE = 0.5


@dataclass
class Checked:
    """What a check found.

    Attributes:
        run_date: the day of the lists; None where none is given and there is no event to take it from.
        is_assumed: run_date is the day after the newest event, because none was given.
        errors: what would stop the night, the first first.
        remarks: what would not.
        looked: the files by kind.
        measured: their rows by kind; empty after a preflight.
        facts: of the accepted events.
        forecast: what the night will be asked.
        min_judged: with fewer lists the gate measures nothing, and metrics say nothing.
    """

    run_date: date | None = None
    is_assumed: bool = False
    errors: list[TawnyError] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    looked: dict[Kind, Looked] = field(default_factory=dict)
    measured: dict[Kind, Measured] = field(default_factory=dict)
    facts: EventFacts | None = None
    forecast: Forecast | None = None
    min_judged: int = 100

    def add(self, found: Iterable[TawnyError | Remark]) -> None:
        """Sort what was found into errors and remarks."""
        for one in found:
            if isinstance(one, TawnyError):
                self.errors.append(one)
            else:
                self.remarks.append(one)

    def raise_first(self) -> None:
        """Raise what would stop the night, if anything does; of several errors all texts, with the first one's code.

        Raises:
            TawnyError: the first one.
        """
        if not self.errors:
            return
        first, *others = self.errors
        if others:
            more = " ".join(f"({number}) {one}" for number, one in enumerate(others, 2))
            do = f"{first.do} And {len(others)} more: {more}"
            raise type(first)(where=first.where, rule=first.rule, came=first.came, do=do)
        raise first


def preflight(runner: LocalRunner) -> Checked:
    """The cheap part, for a night: the machine, the folders, and new landing files if they are not large."""
    from tawny.ingest.files.find import find_files
    from tawny.ingest.files.inspect import inspect
    from tawny.ingest.ledger import is_known, read_ledger
    from tawny.ingest.profile.rules import KINDS

    found = Checked()
    found.add(check_machine(runner.env))
    if found.errors:
        return found
    ledger = read_ledger(runner.arrow)
    try:
        files = [file for kind in KINDS for file in find_files(runner.env, kind)]
        new = [(file, stamp) for file in files if not is_known(ledger, file, stamp := file.look())]
    except TawnyError as exc:
        found.errors.append(exc)
        return found
    if sum(stamp.n_bytes for _, stamp in new) <= PREFLIGHT_BYTES:
        for file, _ in new:
            try:
                inspect(file)
            except InputError as exc:
                found.errors.append(exc)
    return found


def check(runner: LocalRunner, run_date: date | None, max_rows: int = MAX_ROWS) -> Checked:
    """Everything: the machine, the folders, every file and every row, and what the night will make of them.

    Args:
        runner: of the env file, whose settings were checked when it was made.
        run_date: the day of the lists, else that of the env file, else the day after the newest event.
        max_rows: of more events a part is read.
    """
    found = Checked(run_date or runner.env.run_date)
    found.add(check_machine(runner.env))
    # Nothing can be said of files where there is no folder.
    if not any(isinstance(one, InputError) for one in found.errors):
        _read(runner, found, max_rows)
    return found


def _read(runner: LocalRunner, found: Checked, max_rows: int) -> None:
    from tawny.ingest.files.find import LOOKED_FOR
    from tawny.ingest.profile.facts import EventFacts
    from tawny.ingest.profile.measure import look, measure
    from tawny.ingest.profile.rules import KINDS

    for kind in KINDS:
        try:
            looked = found.looked[kind] = look(runner.env, kind)
        except TawnyError as exc:
            if str(exc) not in map(str, found.errors):
                found.errors.append(exc)
            continue
        found.errors += looked.errors
        settings: Any = _settings(runner, f"ingest_{kind}")
        if looked.files and settings is not None:
            try:
                found.measured[kind] = measured = measure(looked, settings, max_rows)
            except TawnyError as exc:
                found.errors.append(exc)
                continue
            found.add(_refused(measured))
    events = found.looked.get("events")
    if events is not None and not events.files and not events.errors:
        found.add(_no_events(runner, f"there must be events. Looked for: {LOOKED_FOR.format(kind='events')}."))
    if "events" in found.measured and found.measured["events"].n_accepted:
        found.facts = EventFacts.of(found.measured["events"])
        found.add(check_disk(runner.env, found.facts.n_events))
        _look_at(runner, found, found.facts)


def _no_events(runner: LocalRunner, rule: str) -> Iterator[TawnyError | Remark]:
    """No error where files were read before and have been taken away since."""
    from tawny.ingest.ledger import read_ledger

    where = f"landing = {runner.env.landing}"
    if "://" not in runner.env.root and read_ledger(runner.arrow, "events"):
        yield Remark(where, "no file of events lies there: the night goes on with those that it has read.", "Land new ones.")
    else:
        do = "Put them there, or declare them in the env file ([[files]] with table and path)."
        yield InputError(where=where, rule=rule, came="no such file", do=do)


def _settings(runner: LocalRunner, job: str) -> Settings | None:
    """The merged settings of a job; None where there is no such job."""
    return job_settings(runner.jobs[job].settings, runner.env, job, None) if job in runner.jobs else None


def _refused(measured: Measured) -> Iterator[TawnyError | Remark]:
    """What the ingest will say of the rows."""
    kind, n_rows = measured.looked.kind, measured.n_read
    if measured.refusal:
        yield measured.refusal
        return
    if not n_rows:
        rule, do = "there must be rows.", "Deliver the whole file, or take it out of the landing folder."
        came = f"none in {', '.join(one.file.path for one in measured.looked.files[:3])}"
        yield CheckError(where=kind, rule=rule, came=came, do=do)
        return
    if sum(n for n in measured.n_by_reason().values()) > _FEW_REFUSED * n_rows:
        for reason, n in measured.n_by_reason().items():
            if n > _FEW_REFUSED * n_rows:
                came = f"{n:,} of {n_rows:,} rows ({n / n_rows:.0%}) are refused: {reason}{_first_of(measured, reason)}."
                yield Remark(kind, came, _MEANINGS[reason].replace("THEIRS", _value_of(measured, reason)))


def _first_of(measured: Measured, reason: str) -> str:
    """Where the first such row is, and the quarantine's detail of it."""
    count = min((one for one in measured.counts if one.reason == reason), key=lambda one: (one.file, one.line))
    detail = measured.details.get((count.file, count.line), "")
    return f" (first {count.file}:{count.line}{': ' + detail[:80] if detail else ''})"


def _value_of(measured: Measured, reason: str) -> str:
    """The value that the detail of the first such row names."""
    return _first_of(measured, reason).removesuffix(")").rpartition("=")[2]


_MEANINGS = {
    "malformed_row": "Is the delimiter right ([[files]] delimiter)?",
    "unterminated_row": "Deliver the whole file, or set accept_unterminated.",
    "wrong_type": "Is the right column mapped ([[files]] columns)?",
    "missing_value": "Name the column that holds it ([[files]] columns), or a default ([[files]] defaults).",
    "id_too_long": "Is the id's column the right one? The limit: max_id_length of the ingest job.",
    "unknown_event_type": 'Translate it: [[files]] event_types = { THEIRS = "view" }.',
    "out_of_range": "Is it the right column? The limits are settings of the ingest job.",
    "before_floor": "A default date, or a wrong unit? The limit: [jobs.ingest_events] floor_date.",
    "negative_purchase": "A refund: give events an id (event_id), or set [jobs.ingest_events] negative_purchases.",
    "corrected": "A later row with the same event_id counts.",
    "duplicate": "Was a file delivered twice under other names? Nothing is counted twice.",
    "robot": "The limit: [jobs.ingest_events] max_events_per_user_day.",
    "superseded": "Of an id that is described twice the later row counts.",
}


def _look_at(runner: LocalRunner, found: Checked, facts: EventFacts) -> None:
    """What the accepted events say about the night."""
    from tawny.features.splits.forecast import EventArrays, forecast

    if found.run_date is None:
        found.run_date, found.is_assumed = facts.last.date() + timedelta(days=1), True
    cutoff = datetime.combine(found.run_date, day_time.min, UTC)
    found.add(_in_time(found.run_date, cutoff, facts))
    found.add(_wanted(runner, facts))
    found.add(_odd(facts))
    for kind in ("items", "users"):
        if kind in found.measured:
            found.add(_described(found.measured[kind], facts))
    if facts.n_from(cutoff) == facts.n_events or any(isinstance(one, CheckError) for one in found.errors):
        return
    events = EventArrays(facts.users, facts.items, facts.types, facts.micros)
    found.forecast = forecast(events, runner.night, cutoff)
    publishing: Any = _settings(runner, "publish")
    if publishing is not None:
        found.min_judged = publishing.gate.min_judged
        found.add(_exhausted(found, facts, runner.night.k, publishing.max_exhausted_share))
    if facts.n_items < runner.night.k:
        came = f"only {facts.n_items} items have events: no list can be longer, unless more are described."
        found.remarks.append(Remark(f"[night] k = {runner.night.k}", came, "It is no fault; a smaller k says the same."))


def _in_time(run_date: date, cutoff: datetime, facts: EventFacts) -> Iterator[TawnyError | Remark]:
    n_ahead, n_days = facts.n_from(cutoff), (run_date - facts.last.date()).days
    newest, day_after = facts.last.date(), facts.last.date() + timedelta(days=1)
    where = f"run_date = {run_date}"
    if n_ahead == facts.n_events:
        rule = "lists are made from events before run_date 00:00 UTC."
        came = f"all {n_ahead:,} events are later: the oldest is of {facts.first.date()}"
        do = f"Use --run-date {day_after}, or correct the times if they are wrong ([[files]] time_unit, time_zone)."
        yield ConfigError(where=where, rule=rule, came=came, do=do)
    elif n_ahead > _AHEAD_SHARE * facts.n_events:
        came = f"{n_ahead:,} of {facts.n_events:,} events are on that day or later, and are left for later nights."
        yield Remark(where, came, f"For all of them use --run-date {day_after}.")
    elif n_days > _STALE_DAYS:
        age = f"{n_days} days" if n_days < 730 else f"{n_days / 365:.0f} years"
        came = f"the newest event is of {newest}, {age} before: lists are made as of run_date, for users who have been away."
        yield Remark(where, came, f"For an export that ends there use --run-date {day_after}.")


def _wanted(runner: LocalRunner, facts: EventFacts) -> Iterator[TawnyError]:
    weights = runner.night.events.weights
    if not any(weights[kind] > 0 for kind in facts.n_by_type()):
        rule = "one event at least must say what a user wants (a weight above 0)."
        came = f"only {', '.join(facts.n_by_type())}"
        do = "Land views, clicks or purchases too, or weigh what there is: [night.events] weights = { impression = 1.0 }."
        yield CheckError(where="events", rule=rule, came=came, do=do)


def _odd(facts: EventFacts) -> Iterator[Remark]:
    """What is no fault by itself, and mostly comes from one."""
    n, first_gap = facts.n_events, facts.longest_gap()
    if first_gap[1] >= _GAP_DAYS:
        came = f"no event from {first_gap[0]} on for {first_gap[1]} days."
        yield Remark("event_time", came, "Is a delivery missing?")
    if n < _MANY_EVENTS:
        return
    if facts.midnight_share() > _MIDNIGHT_SHARE:
        came = f"{facts.midnight_share():.0%} of the times are 00:00:00: the order within a day is not known."
        yield Remark("event_time", came, "Is there a column with the time of day?")
    for what, heaviest, n_names in (
        ("user", facts.heavy_users(), facts.n_users),
        ("item", facts.heavy_items(), facts.n_items),
    ):
        yield from _heavy(what, heaviest[0], n, n_names)
        if n_names > 0.9 * n:
            came = f"{n_names:,} {what}s in {n:,} events: nearly every row has its own."
            yield Remark(f"{what}_id", came, f"Does the column hold {what}s, or the number of the row or of the order?")


def _heavy(what: str, one: Heavy, n_events: int, n_names: int) -> Iterator[Remark]:
    if n_names >= 20 and one.n > _HEAVY_SHARE * n_events:
        came = f"{one.name!r} has {one.n:,} of {n_events:,} events ({one.n / n_events:.0%})."
        do = f"Is it one {what}, or what stands for all others (a guest, a test, an empty id)? Then leave its rows out."
        yield Remark(f"{what}_id", came, do)


def _described(measured: Measured, facts: EventFacts) -> Iterator[Remark]:
    kind, share = measured.looked.kind, facts.described_share(measured)
    if measured.n_accepted and share < _DESCRIBED_SHARE:
        key = "item_id" if kind == "items" else "user_id"
        names = facts.item_names if kind == "items" else facts.user_names
        theirs = measured.rows[key].combine_chunks().dictionary[0].as_py()
        came = (
            f"they describe {share:.0%} of the {kind} of the events (events have {names[0].as_py()!r}, {kind} {theirs!r})."
        )
        yield Remark(kind, came, "Are the ids written alike in both, and is the right column mapped?")


def _exhausted(found: Checked, facts: EventFacts, k: int, max_share: float) -> Iterator[TawnyError]:
    """As the audit will see it, but for items that are not available."""
    if found.forecast is None:
        return
    items = found.measured.get("items")
    n_items = facts.n_items if items is None else facts.n_with_described(items)
    share = facts.exhausted_share(found.forecast.seen_types, n_items)
    if share == 1.0 or (share > max_share and n_items > k):
        rule = "users must have items left that they have not had."
        came = f"{share:.0%} of {facts.n_users:,} users have had all {n_items:,} items"
        do = 'Land the whole catalog (items), or list again what users had: [night.events] seen_types = ["hide"].'
        yield CheckError(where="lists", rule=rule, came=came, do=do)
