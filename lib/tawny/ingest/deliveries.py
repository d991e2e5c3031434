"""What one ingest does with the files that lie in landing: decided from the ledger, before a row is read. Needs no Spark."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import pyarrow as pa

from tawny.core.columns import ALWAYS
from tawny.core.errors import InputError
from tawny.ingest.files.file import Inspected, Kind, LandingFile, Looked, Stamp
from tawny.ingest.ledger import STANDING, Entry, Key, changed, delivery_order, entries_of, parser_of


@dataclass(frozen=True)
class Counts:
    """Rows of one file."""

    n_rows: int = 0
    n_accepted: int = 0
    n_refused: int = 0


@dataclass(frozen=True)
class Plan:
    """What an ingest reads, takes back and notes.

    Attributes:
        kind: of the files.
        before: the ledger's entries of the kind.
        reads: the files to read, in the order of delivery.
        replays: files that are not there any more: their refused rows are read again as the quarantine has them.
        entries: what the ledger will say of every file that changed its place in it; of `reads` without counts.
        dropped: entries that say nothing any more.
        gone: digests whose rows are taken back, for good or because a killed run left them.
        replaced: digests that no path holds any more: a correction took their place.
        again: digests of `reads` of which rows may be in the tables already.
    """

    kind: Kind
    before: tuple[Entry, ...]
    reads: tuple[Inspected, ...] = ()
    replays: tuple[Entry, ...] = ()
    entries: tuple[Entry, ...] = ()
    dropped: tuple[Key, ...] = ()
    gone: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()

    @property
    def has_rows(self) -> bool:
        """Whether a row is read or taken back."""
        return bool(self.reads or self.replays or self.gone or self.replaced)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.has_rows or self.entries or self.dropped)

    def taken_back(self) -> frozenset[str]:
        """Digests of which stored rows stand only if they are read again."""
        return self.gone | self.again | self.corrected()

    @property
    def has_event_ids(self) -> bool:
        """Whether a file that is or was in the tables gives its events ids."""
        return any(entry.has_event_ids for entry in (*self.before, *self.entries))

    def corrected(self) -> frozenset[str]:
        """Digests of events that a later content of the same path corrects. Items and users under an old name are news."""
        return self.replaced if self.kind == "events" else frozenset()

    def deliveries(self) -> dict[str, int]:
        """By digest, the place in the order of delivery, of all files that are or were in the tables."""
        return {e.digest: e.delivery for e in (*self.before, *self.entries) if e.status != "retracted"}

    def begun(self, rows: pa.Table) -> pa.Table:
        """The ledger that says which files are about to be read: a run that is killed leaves no row without a file."""
        standing = {e.key for e in entries_of(rows, self.kind) if e.status in STANDING}
        own = [e for e in self.entries if e.status == "read" and e.key not in standing]
        return changed(rows, [replace(e, status="reading") for e in own])

    def ended(self, rows: pa.Table, counts: Mapping[str, Counts]) -> pa.Table:
        """The ledger after the rows were written, with the counts of each file by digest.

        Where another run has read other files meanwhile, neither run saw the rows of both: these files are read again.
        """
        is_overtaken = self.is_overtaken(rows)
        there = {e.key for e in entries_of(rows, self.kind) if e.status == "read"} - {e.key for e in self.before}
        new = []
        for entry in self.entries:
            if entry.status in ("read", "copy") and entry.digest in counts:
                entry = replace(entry, **vars(counts[entry.digest]))
                if is_overtaken and entry.status == "read":
                    entry = replace(entry, status="replaying")
                elif entry.key in there:
                    continue  # another run has read the same at the same time
            new.append(entry)
        return changed(rows, new, self.dropped)

    def is_overtaken(self, rows: pa.Table) -> bool:
        """Whether another run has read files that this one did not know of."""
        known = {e.key for e in (*self.before, *self.entries)}
        was = {e.key: e for e in self.before}
        newest = entries_of(rows, self.kind)
        news = [e for e in newest if e.status in STANDING and (e.key not in known or was.get(e.key, e).status != e.status)]
        own = {e.key for e in self.entries if e.status == "read"}
        foreign = [e for e in news if e.key not in own and e.key not in was]
        twins = {e.key for e in news if e.key in own}
        return bool(foreign) or (bool(twins) and twins != own)


def plan(
    kind: Kind,
    before: tuple[Entry, ...],
    looked: Iterable[Looked],
    *,
    clock: date,
    run_date: date,
    run_id: str,
) -> Plan:
    """Decide what an ingest does.

    Args:
        kind: of the files.
        before: the ledger's entries of the kind.
        looked: the files that do not lie as the ledger says.
        clock: the first run_date that can know what is read now.
        run_date, run_id: of the run.

    Raises:
        InputError: two files with the same bytes are declared to be read in different ways.
    """
    return _Planner(kind, before, clock, run_date, run_id).plan(list(looked))


class _Planner:
    """Collects a plan, file by file."""

    def __init__(self, kind: Kind, before: tuple[Entry, ...], clock: date, run_date: date, run_id: str) -> None:
        self.kind, self.before, self.run_date, self.run_id = kind, before, run_date, run_id
        is_first = not any(e.status in (*STANDING, "replaced") for e in before)
        self.known_from = ALWAYS if is_first else clock
        self.next_delivery = max((e.delivery for e in before if e.status != "reading"), default=0) + 1
        self.now = {e.key: e for e in before if e.status != "reading"}
        self.reads: dict[str, Inspected] = {}
        self.looked: set[str] = set()
        self.taken_back = {e.digest for e in before if e.status in ("retracting", "retracted")}

    def plan(self, looked: list[Looked]) -> Plan:
        """Place every file."""
        self.looked = {_file(one).digest for one in looked}
        for file in sorted(looked, key=lambda one: delivery_order(_file(one).path, _stamp(one).modified_ts)):
            self._place(file)
        replays = [e for e in self.now.values() if e.status == "replaying" and e.digest not in self.reads]
        for entry in replays:
            self._put(replace(entry, status="read", run_date=self.run_date, run_id=self.run_id))
        for entry in [e for e in self.now.values() if e.status == "retracting"]:
            self._put(replace(entry, status="retracted"))
        return self._result(tuple(replays))

    def _place(self, looked: Looked) -> None:
        """Say what the ledger will know of the file, and whether it is read."""
        file, stamp = _file(looked), _stamp(looked)
        before = next((e for e in self.now.values() if e.path == file.path and e.status in STANDING), None)
        same = next((e for e in self.now.values() if e.digest == file.digest and e.status in STANDING), None)
        if file.digest in self.taken_back:
            self._replace(before, file)
            self._put(self._entry(file, stamp, "retracted", self.next_delivery))
        elif same and same.parser == parser_of(file) and (isinstance(looked, LandingFile) or file.digest in self.reads):
            self._replace(before, file)
            is_renamed = same.path != file.path
            status = "copy" if is_renamed and same.key in self.now else same.status
            self._put(replace(same, path=file.path, n_bytes=stamp.n_bytes, modified_ts=stamp.modified_ts, status=status))
        elif isinstance(looked, Inspected):
            self._read(looked, before, same)

    def _read(self, looked: Inspected, before: Entry | None, same: Entry | None) -> None:
        file, stamp = looked.file, _stamp(looked)
        if same and same.path != file.path and looked.n_rows and same.parser != parser_of(file):
            rule = "files with the same bytes must be declared alike: a row is known by its file's digest and its line."
            came = f"the bytes of {same.path}, declared otherwise"
            raise InputError(where=file.path, rule=rule, came=came, do="Declare both alike, or land one of them.")
        # The same bytes read otherwise, and a correction of events, take the place of what was there. What was moved to
        # another name is not corrected.
        heir = same or (before if self.kind == "events" and before and not self._lies_elsewhere(before) else None)
        delivery, known_from = (heir.delivery, heir.known_from) if heir else (self.next_delivery, self.known_from)
        self.next_delivery += heir is None
        self._replace(before, file)
        if same and same.path != file.path:
            self._put(replace(same, status="copy"))
        placed = replace(file, delivery=delivery, known_from=known_from)
        parts = tuple(replace(part, file=placed) for part in looked.parts)
        self.reads[file.digest] = replace(looked, file=placed, parts=parts)
        entry = self._entry(placed, stamp, "read", delivery)
        if same and same.key == entry.key and same.status == "read":
            # Read once more, because a run that read another file of the kind did not come to its end.
            entry = replace(entry, run_date=same.run_date, run_id=same.run_id)
        self._put(replace(entry, known_from=known_from, n_rows=looked.n_rows, names=looked.names))

    def _lies_elsewhere(self, entry: Entry) -> bool:
        others = (e for e in self.now.values() if e.key != entry.key and e.digest == entry.digest and e.status in STANDING)
        return entry.digest in self.looked or any(others)

    def _replace(self, before: Entry | None, file: LandingFile) -> None:
        """The content that the path had is not there any more."""
        if before and (before.digest, before.parser) != (file.digest, parser_of(file)):
            self._put(replace(before, status="replaced"))

    def _entry(self, file: LandingFile, stamp: Stamp, status: str, delivery: int) -> Entry:
        return Entry(
            self.kind, file.path, file.digest, parser_of(file), stamp.n_bytes, stamp.modified_ts, delivery, self.known_from,
            status, 0, 0, 0, (), self.run_date, self.run_id, file.found_delimiter,  # type: ignore[arg-type]  # one of Status
        )  # fmt: skip

    def _put(self, entry: Entry) -> None:
        self.now[entry.key] = entry

    def _result(self, replays: tuple[Entry, ...]) -> Plan:
        self._promote_copies()
        was = {e.key: e for e in self.before}
        entries = tuple(e for e in self.now.values() if was.get(e.key) != e)
        standing = {e.digest for e in self.now.values() if e.status in STANDING}
        ended = {e.digest for e in self.before if e.status in ("reading", "retracting")} - standing
        replaced = {e.digest for e in entries if e.status == "replaced"} - standing - ended
        again = {digest for digest in self.reads if any(e.digest == digest for e in self.before)}
        reads = tuple(sorted(self.reads.values(), key=lambda one: one.file.delivery))
        dropped = tuple(e.key for e in self.before if e.status == "reading" and e.key not in self.now)
        return Plan(
            self.kind, self.before, reads, replays, entries, dropped, frozenset(ended), frozenset(replaced), frozenset(again)
        )

    def _promote_copies(self) -> None:
        """Where the path that was read holds something else now, a copy takes its place."""
        first = {e.digest for e in self.now.values() if e.status in ("read", "replaying")}
        for entry in list(self.now.values()):
            if entry.status == "copy" and entry.digest not in first:
                self._put(replace(entry, status="read"))
                first.add(entry.digest)


def _file(looked: Looked) -> LandingFile:
    return looked.file if isinstance(looked, Inspected) else looked


def _stamp(looked: Looked) -> Stamp:
    return cast(Stamp, _file(looked).stamp)
