"""What the landing files hold, measured in memory: counts by reason as the ingest will have them, ids, days, types.

Shapes: N accepted rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tawny.core.arrays import Bools, Counts
from tawny.core.columns import EVENT_TYPES
from tawny.core.config import Env
from tawny.core.errors import CheckError, InputError
from tawny.ingest.files.file import Inspected, Kind, LandingFile, Part
from tawny.ingest.files.find import find_files
from tawny.ingest.files.inspect import inspect, with_digest
from tawny.ingest.files.read import read_part
from tawny.ingest.judge import Count, refusal, worst
from tawny.ingest.ledger import delivery_order, parser_of
from tawny.ingest.profile.rules import check_batch
from tawny.ingest.reasons import Reason
from tawny.ingest.settings import IngestEventsSettings, IngestSettings

MICROS_PER_DAY = 86_400_000_000


@dataclass(frozen=True)
class Looked:
    """The landing files of one kind, looked into.

    Attributes:
        files: those that are what they say they are, in the order of delivery; a second one with the same bytes is left out.
        copies: path of such a one -> the path that is read.
        errors: of the others.
    """

    kind: Kind
    files: tuple[Inspected, ...]
    copies: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[InputError, ...] = ()

    @property
    def n_rows(self) -> int:
        """Of all files that can be read."""
        return sum(one.n_rows for one in self.files)


@dataclass(frozen=True)
class Measured:
    """The rows of one kind.

    Attributes:
        looked: the files.
        rows: the accepted ones, typed; columns as tawny.ingest.profile.rules gives them.
        counts: rows by file and fate.
        details: by (file, line): what the quarantine will say of the first row of a count.
        n_read: rows that were read: all, or those of the files that fit into the limit.
        refusal: why the ingest will refuse the files, if it will.
    """

    looked: Looked
    rows: pa.Table
    counts: tuple[Count, ...]
    details: Mapping[tuple[str, int], str]
    n_read: int
    refusal: CheckError | None

    @property
    def n_accepted(self) -> int:
        """N."""
        return int(self.rows.num_rows)

    def n_by_reason(self) -> dict[str, int]:
        """Refused rows, the commonest reason first."""
        found: dict[str, int] = {}
        for count in self.counts:
            if count.reason:
                found[count.reason] = found.get(count.reason, 0) + count.n
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def look(env: Env, kind: Kind) -> Looked:
    """Find the files of a kind and inspect each; every file that cannot be read is an error of its own.

    Raises:
        InputError: the landing folder cannot be searched.
        ConfigError: a declaration that cannot be read.
    """
    good: list[tuple[LandingFile, Inspected]] = []
    errors: list[InputError] = []
    copies: dict[str, str] = {}
    read: dict[tuple[str, str], str] = {}
    for file in _in_order(find_files(env, kind), errors):
        try:
            digested = with_digest(file)
            key = digested.digest, parser_of(file)
            if key in read:
                copies[file.path] = read[key]
                continue
            found = inspect(digested)
            read[key] = file.path
            good.append((file, found))
        except InputError as exc:
            errors.append(exc)
    return Looked(kind, tuple(found for _, found in good), copies, tuple(errors))


def measure(looked: Looked, settings: IngestSettings, max_rows: int) -> Measured:
    """Read the files and judge every row as the ingest will.

    Args:
        looked: of the kind.
        settings: of the job `ingest_<kind>`.
        max_rows: parts of files (some 500,000 rows) are read until there are so many, evenly over all of them.

    Raises:
        InputError: a file changed meanwhile.
    """
    parts = _parts(looked, max_rows)
    tables: list[pa.Table] = []
    counts: list[Count] = []
    details: dict[tuple[str, int], str] = {}
    for place, part in enumerate(parts):
        accepted, of_part, said = _check_part(part, settings)
        if accepted.num_rows:
            tables.append(accepted.append_column("part", pa.array(np.full(accepted.num_rows, place, np.int32))))
        counts += of_part
        details |= {(count.file, count.line): text for count, text in zip(of_part, said, strict=True) if count.reason}
    rows = pa.concat_tables(tables) if tables else pa.table({})
    n_read = sum(count.n for count in counts)
    if rows.num_rows:
        rows, more = _judge(looked.kind, rows, [part.file.path for part in parts], settings)
        counts = [*_less(counts, more), *more]
    verdicts = worst(counts, settings, is_first=True)
    refused = None
    if verdicts:
        refused = refusal(looked.kind, verdicts, looked.files, settings, lambda one: details.get((one.file, one.line), ""))
    return Measured(looked, rows, tuple(counts), details, n_read, refused)


def _in_order(files: Iterable[LandingFile], errors: list[InputError]) -> Iterator[LandingFile]:
    """The files as they were delivered; those that cannot even be looked at are errors."""
    stamped = []
    for file in files:
        try:
            stamped.append((delivery_order(file.path, file.look().modified_ts), file))
        except InputError as exc:
            errors.append(exc)
    yield from (file for _, file in sorted(stamped, key=lambda one: one[0]))


def _parts(looked: Looked, max_rows: int) -> list[Part]:
    """The parts to read."""
    parts = [part for one in looked.files for part in one.parts]
    if looked.n_rows <= max_rows:
        return parts
    n = max(1, len(parts) * max_rows // looked.n_rows)
    return [parts[place] for place in np.unique(np.linspace(0, len(parts) - 1, n).astype(int))]


def _check_part(part: Part, settings: IngestSettings) -> tuple[pa.Table, list[Count], list[str]]:
    """The accepted rows of a part, and all of its rows by fate with the details of the first."""
    tables: list[pa.Table] = []
    found: dict[tuple[str | None, str | None], tuple[Count, str]] = {}
    for batch in read_part(part):
        checked = check_batch(batch, part.file, settings)
        tables.append(checked.accepted.select(_KEPT[part.file.kind]))
        for count, detail in zip(checked.counts, checked.details, strict=True):
            same, shown = found.get((count.reason, count.column), (replace(count, n=0), detail))
            found[count.reason, count.column] = replace(same, n=same.n + count.n), shown
    # Ids repeat: as a dictionary they are a tenth of the size, and what comes after works on numbers.
    if not tables:  # a header and nothing else
        return pa.table({}), [], []
    table = pa.concat_tables(tables)
    for name in ("user_id", "item_id", "event_type"):
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, table[name].combine_chunks().dictionary_encode())
    return table, [count for count, _ in found.values()], [shown for _, shown in found.values()]


_KEPT: dict[Kind, list[str]] = {
    "events": ["user_id", "item_id", "event_type", "event_ts", "value", "context", "own_id", "line"],
    "items": ["item_id", "title", "has_categories", "known_from", "line"],
    "users": ["user_id", "known_from", "line"],
}


def _judge(kind: Kind, rows: pa.Table, paths: list[str], settings: IngestSettings) -> tuple[pa.Table, list[Count]]:
    """The rows that stay, and how many are refused by the rules that look at several rows."""
    rows = rows.unify_dictionaries()
    if kind == "events" and isinstance(settings, IngestEventsSettings):
        values, own = _values(rows), _numbers(rows["own_id"])
        is_corrected = _corrected(values, own)
        is_copy = ~is_corrected & _copies([*values, own], ~is_corrected)
        stays = ~is_corrected & ~is_copy
        is_robot = stays & _robots(rows, stays, settings.max_events_per_user_day)
        masks = {Reason.CORRECTED: is_corrected, Reason.DUPLICATE: is_copy, Reason.ROBOT: is_robot}
    else:
        masks = {Reason.SUPERSEDED: _superseded(rows, "item_id" if kind == "items" else "user_id")}
    places, lines = rows["part"].to_numpy(), rows["line"].to_numpy()
    counts = []
    for reason, mask in masks.items():
        for place in np.unique(places[mask]).tolist():
            own = mask & (places == place)
            counts.append(Count(paths[place], reason.value, None, int(own.sum()), int(lines[own].min())))
    kept = ~np.logical_or.reduce(list(masks.values()))
    return rows.filter(pa.array(kept)), counts


def _less(counts: Iterable[Count], refused: Iterable[Count]) -> list[Count]:
    """The counts, where rows that were accepted so far are refused."""
    left = {count.file: 0 for count in refused}
    for count in refused:
        left[count.file] += count.n
    found = []
    for count in counts:
        taken = min(count.n, left.get(count.file, 0)) if count.reason is None else 0
        if taken:
            left[count.file] -= taken
        if count.n - taken:
            found.append(replace(count, n=count.n - taken))
    return found


def codes(column: pa.ChunkedArray) -> Counts:
    """int64 [N]: places in the dictionary of a column whose chunks share one; -1 for null."""
    parts = [pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _numbers(column: pa.ChunkedArray) -> Counts:
    """int64 [N]: the same number for the same text; -1 for null."""
    places = column.combine_chunks().dictionary_encode().indices
    return np.asarray(pc.fill_null(places, -1).to_numpy(), np.int64)


def _values(rows: pa.Table) -> list[Counts]:
    """int64 [N] each: all that an event says."""
    values = np.ascontiguousarray(rows["value"].fill_null(np.nan).to_numpy())
    names = ("user_id", "item_id", "event_type")
    return [
        *(codes(rows[name]) for name in names), rows["event_ts"].to_numpy(), values.view(np.int64), _numbers(rows["context"])
    ]  # fmt: skip


def _corrected(values: list[Counts], own: Counts) -> Bools:
    """bool [N]: the rows with an id of their own whose last row says something else."""
    has_id = own >= 0
    last = np.zeros(int(own.max(initial=-1)) + 1, np.int64)
    last[own[has_id]] = np.flatnonzero(has_id)  # in the order of delivery: the last one stays
    found = np.zeros(len(own), bool)
    for value in values:
        found[has_id] |= value[has_id] != value[last[own[has_id]]]
    return found


def _copies(keys: list[Counts], counts: Bools) -> Bools:
    """bool [N]: of the rows that count, those that say in every value what an earlier one says."""
    mixed = np.zeros(len(counts), np.uint64)
    for key in keys:
        mixed = (mixed ^ key.view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    rows = np.flatnonzero(counts)
    order = rows[np.argsort(mixed[rows], kind="stable")]  # equal rows side by side, the first delivered first
    is_same = np.diff(mixed[order]) == 0
    for key in keys:
        is_same &= np.diff(key[order]) == 0
    found = np.zeros(len(counts), bool)
    found[order[1:]] = is_same
    return found


def _robots(rows: pa.Table, counts: Bools, max_events: int) -> Bools:
    """bool [N]: the rows of users and UTC days with more than so many of the rows that count."""
    days = rows["event_ts"].to_numpy() // MICROS_PER_DAY
    users = codes(rows["user_id"])
    pairs = users * (int(np.ptp(days)) + 1) + (days - days.min())
    found, place = np.unique(pairs, return_inverse=True)
    n = np.bincount(place[counts], minlength=len(found))
    return np.asarray((n > max_events)[place])


def _superseded(rows: pa.Table, key: str) -> Bools:
    """bool [N]: descriptions of an id that a later row describes anew as known from the same day."""
    days = np.where(
        pc.is_valid(rows["known_from"]).to_numpy(),
        pc.fill_null(rows["known_from"], 0).to_numpy() // MICROS_PER_DAY,
        -(1 << 40),
    )
    order = np.lexsort((np.arange(rows.num_rows), days, codes(rows[key])))
    is_again = (np.diff(codes(rows[key])[order]) == 0) & (np.diff(days[order]) == 0)
    found = np.zeros(rows.num_rows, bool)
    found[order[:-1]] = is_again
    return found


def type_numbers(column: pa.ChunkedArray) -> Any:
    """int8 [N]: the event types as places in EVENT_TYPES."""
    if not column.num_chunks:
        return np.zeros(0, np.int8)
    places = [EVENT_TYPES.index(kind) for kind in column.chunk(0).dictionary.to_pylist()]
    return np.array([*places, 0], np.int8)[codes(column)]
