"""Whether a file is what it was declared to be: more than a set share of refused rows stops the night, with the cure."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tawny.core.columns import EVENT_TYPES
from tawny.core.errors import CheckError
from tawny.ingest.files.file import Inspected, LandingFile
from tawny.ingest.files.layout import mapping_of
from tawny.ingest.files.schema import CANONICAL
from tawny.ingest.reasons import Reason
from tawny.ingest.settings import IngestSettings

NO_FAULT = (Reason.DUPLICATE, Reason.CORRECTED, Reason.SUPERSEDED)
"""Reasons that say nothing against a file: what it says was delivered before, or is said again later."""

_N_SHOWN = 3
# Names that other people's files have for `value`, the likeliest first.
_VALUE_NAMES = ("rating", "ratings", "stars", "score", "grade", "amount", "price", "revenue", "quantity", "weight")


@dataclass(frozen=True)
class Count:
    """How many rows of a file have the same fate.

    Attributes:
        reason: None of the accepted ones.
        column: canonical name, where the reason is about one.
        n: rows.
        line: the first of them.
    """

    file: str
    reason: str | None
    column: str | None
    n: int
    line: int

    @property
    def is_fault(self) -> bool:
        """Whether the rows speak against their file."""
        return self.reason is not None and self.reason not in NO_FAULT


@dataclass(frozen=True)
class Verdict:
    """A file, or all files of a table, with too many refused rows.

    Attributes:
        file: None for all.
        n_rows: of the file.
        faults: the commonest first.
    """

    file: str | None
    n_rows: int
    faults: tuple[Count, ...]

    @property
    def n_refused(self) -> int:
        """Rows that speak against the file."""
        return sum(count.n for count in self.faults)


def worst(counts: Iterable[Count], settings: IngestSettings, *, is_first: bool = False) -> list[Verdict]:
    """The files with too many refused rows, the most rows first; if there is none, all files together if they have.

    Args:
        counts: rows by file and fate.
        settings: how many are too many, and how many rows a file must have to be judged.
        is_first: nothing was accepted before: then files of whatever size stop the night if all their rows are refused.
    """
    every = list(counts)
    by_file: dict[str, list[Count]] = {}
    for count in every:
        by_file.setdefault(count.file, []).append(count)
    verdicts = [_verdict(file, of_file) for file, of_file in by_file.items()]
    refused = [one for one in verdicts if _is_too_much(one, settings)]
    if refused:
        return sorted(refused, key=lambda one: (-one.n_refused, one.file or ""))
    together = _verdict(None, every)
    is_nothing = is_first and together.n_rows > 0 and together.n_refused == together.n_rows
    return [together] if is_nothing or _is_too_much(together, settings) else []


def refusal(
    table: str,
    verdicts: list[Verdict],
    files: Iterable[Inspected],
    settings: IngestSettings,
    detail_of: Callable[[Count], str],
) -> CheckError:
    """The error that names the files, their commonest reasons, a row of each, and what would cure the first.

    Args:
        table: name of the table.
        verdicts: as `worst` gives them, one at least.
        files: that were read.
        settings: of the job.
        detail_of: the quarantine's detail of the first row of a count.
    """
    first, *others = verdicts
    shown = [(count, detail_of(count)) for count in first.faults[:_N_SHOWN]]
    reasons = ", ".join(f"{count.n} {count.reason} (as {count.file}:{count.line}: {detail})" for count, detail in shown)
    more = f"; as bad: {', '.join(str(one.file) for one in others[:_N_SHOWN])}" if others else ""
    kind = table.partition("_v")[0]
    inspected = {one.file.path: one for one in files}
    cures = [_cure(count, detail, inspected.get(count.file), kind) for count, detail in shown[:1]]
    way_out = f"If these rows are to be refused, set [jobs.ingest_{kind}] max_refused_share."
    what = f"file {first.file}" if first.file else "all landing files together"
    return CheckError(
        where=f"{table}, {what}",
        rule=f"at most {settings.max_refused_share:.0%} of the rows may be refused.",
        came=f"{first.n_refused} of {first.n_rows} rows refused: {reasons}{more}",
        do=" ".join(["Nothing was written.", *filter(None, cures), way_out]),
    )


def _verdict(file: str | None, counts: list[Count]) -> Verdict:
    merged: dict[tuple[str | None, str | None], Count] = {}
    for count in sorted(counts, key=lambda one: (one.file, one.line)):
        same = merged.setdefault((count.reason, count.column), count)
        if same is not count:
            merged[count.reason, count.column] = Count(same.file, same.reason, same.column, same.n + count.n, same.line)
    faults = sorted((one for one in merged.values() if one.is_fault), key=lambda one: (-one.n, str(one.reason)))
    return Verdict(file, sum(count.n for count in counts), tuple(faults))


def _is_too_much(verdict: Verdict, settings: IngestSettings) -> bool:
    is_judged = verdict.n_rows >= settings.min_rows_to_judge
    return is_judged and verdict.n_refused > settings.max_refused_share * verdict.n_rows


def _cure(count: Count, detail: str, inspected: Inspected | None, kind: str) -> str:
    """What to write into the env file, where the reason tells it; else nothing."""
    if inspected is None:
        return ""
    file, came = inspected.file, detail.partition("=")[2]
    if count.reason == Reason.MISSING_VALUE and count.column:
        return _map(inspected, count.column)
    if count.reason == Reason.UNKNOWN_EVENT_TYPE:
        entry = _entry(file, {"event_types": {**file.event_types, came: "view"}})
        return f"Event types are {', '.join(EVENT_TYPES)}: translate the file's own, as in {entry}."
    if count.column == "event_ts" and (unit := _unit(count, came, file)):
        return f"The times count in another unit: {_entry(file, {'time_unit': unit})}."
    if count.column == "event_ts" and count.reason == Reason.WRONG_TYPE:
        entry = _entry(file, {"time_format": _time_format(came)})
        other = f"Or is it another column ({_names(inspected)})?"
        return f"Times are ISO 8601 or numbers; name the format of others: {entry}. {other}"
    if count.column in ("value", "event_ts"):
        limits = "min_value, max_value and value_ranges" if count.column == "value" else "floor_date"
        return f"Is {count.column} the right column of {_names(inspected)}? The limits: {limits} of [jobs.ingest_{kind}]."
    if count.reason == Reason.MALFORMED_ROW:
        return f"Was the file read as it is written (format = {json.dumps(file.format)})?"
    return ""


def _map(inspected: Inspected, column: str) -> str:
    """How to map the column that was empty."""
    file = inspected.file
    columns = mapping_of(file, inspected.names).columns
    theirs = columns.get(column, column)
    taken = {columns.get(name, name) for name in CANONICAL[file.kind]}
    free = [name for name in inspected.names if name not in taken]
    guesses = [name for likely in _VALUE_NAMES for name in free if name.lower() == likely] if column == "value" else []
    state = "is empty in these rows" if theirs in inspected.names else "is not in the file"
    entry = _entry(file, {"columns": {**file.columns, column: guesses[0] if guesses else "ITS NAME"}})
    return f"The column {theirs} {state} ({_names(inspected)}); name the one that holds it: {entry}."


def _unit(count: Count, came: str, file: LandingFile) -> str | None:
    """The unit in which the times would lie in our days."""
    units = ("s", "ms", "us", "ns")
    if file.time_unit == "auto":
        return None
    here = units.index(file.time_unit)
    if count.reason == Reason.OUT_OF_RANGE:
        return units[here + 1] if here < 3 else None
    if count.reason == Reason.BEFORE_FLOOR:
        return units[here - 1] if here > 0 else None
    try:
        n_digits = len(str(int(float(came))))
    except (ValueError, OverflowError):
        return None
    return {9: "s", 10: "s", 12: "ms", 13: "ms", 15: "us", 16: "us", 18: "ns", 19: "ns"}.get(n_digits)


def _time_format(came: str) -> str:
    """The format that the text seems to have, as strptime reads it; days go before months, as in most countries."""
    found = re.match(r"\d{1,2}([./-])\d{1,2}\1\d{4}(.?)(\d{1,2}:\d{2})?(:\d{2})?", came.strip())
    if not found:
        return "%d.%m.%Y %H:%M"
    mark, between, minutes, seconds = found.groups()
    time = f"{between}%H:%M{':%S' if seconds else ''}" if minutes else ""
    return f"%d{mark}%m{mark}%Y{time}"


def _names(inspected: Inspected) -> str:
    return f"columns: {', '.join(inspected.names)[:300]}"


def _entry(file: LandingFile, keys: dict[str, object]) -> str:
    """A `[[files]]` entry, as TOML on one line."""
    pairs = {"table": file.kind, "path": file.path, **keys}
    return f"[[files]] {', '.join(f'{key} = {_toml(value)}' for key, value in pairs.items())}"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
