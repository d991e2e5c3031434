"""The version graph: what every partition of a run_date was made from, and whether that is still what is there.

It is read from the notes of Delta's commits (lake/commits.py), so it is true of every writer, on every machine, after every
kill: a partition's note is in the very commit that wrote its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tawny.core.columns import RUN_DATE
from tawny.core.digest import digest_of
from tawny.core.errors import StaleInputError
from tawny.core.table import TableRef, TableSlice, TableSpec, spec_of
from tawny.lake.base import Condition, Lake, Note, Value
from tawny.tables.nights import NIGHTS
from tawny.tables.registry import all_tables

_MAX_PINS = 10_000
_EARLIER = "<"  # after a table's name: its partitions of earlier run_dates


@dataclass(frozen=True)
class Pin:
    """The version of a table that all jobs of a night read, and the digest of what it holds for that run_date."""

    version: int
    digest: str
    night_id: str


@dataclass(frozen=True)
class Made:
    """A partition that a run wrote.

    Attributes:
        name: table, with the slice in brackets.
        version: Delta version in which it was written.
        note: of that commit; empty where a program that is not Tawny changed the table since.
    """

    name: str
    version: int
    note: Note

    @property
    def digest(self) -> str:
        """Of its rows; empty where another program changed them."""
        return str(self.note.get("digest", ""))

    @property
    def inputs(self) -> Mapping[str, str]:
        """What it was made from: digest by name."""
        return dict(self.note.get("inputs", {}))

    @property
    def n_rows(self) -> int:
        """When it was written."""
        return int(self.note.get("n_rows", 0))


class Lineage:
    """The partitions of one run_date. What it has looked up it keeps; a new one sees what was written since."""

    def __init__(self, lake: Lake[Any], run_date: date) -> None:
        self._lake, self._run_date = lake, run_date
        self._pins: dict[str, Pin] | None = None
        self._why: dict[str, str | None] = {}

    def pin(self, spec: TableSpec) -> Pin | None:
        """The version of a pinned table that this run_date reads; None where no night pinned it."""
        if self._pins is None:
            where: tuple[Condition, ...] = ((RUN_DATE, "=", self._run_date),)
            rows = self._lake.read_arrow(NIGHTS, self._lake.version(NIGHTS), where, _MAX_PINS).to_pylist()
            self._pins = {row["table"]: Pin(row["version"], row["digest"], row["night_id"]) for row in rows}
        return self._pins.get(spec.name)

    def made(self, ref: TableRef, version: int | None = None) -> Made | None:
        """The partition as it was written last, at that version or before; None where no run wrote it.

        It may have been dropped since (`tawny maintain`): what it was made from is known all the same.
        """
        spec = spec_of(ref)
        commit = self._lake.commits(spec).newest(owned_by(ref, self._run_date), version)
        return Made(str(ref), commit.version, commit.note) if commit else None

    def is_there(self, made: Made, ref: TableRef, version: int) -> bool:
        """Whether a version holds the rows that were written. An empty partition is there where it was written so."""
        spec, owned = spec_of(ref), owned_by(ref, self._run_date)
        if spec.id_column:
            owned[spec.id_column] = made.note.get("partition", {}).get(spec.id_column, "")
        where: tuple[Condition, ...] = tuple((column, "=", value) for column, value in owned.items())
        return bool(made.digest) and self._lake.count(spec, version, where) == made.n_rows

    def earlier(self, spec: TableSpec) -> dict[date, Made]:
        """The partitions of earlier run_dates that are there, each as it was written last."""
        commits, found = self._lake.commits(spec), {}
        for run_date in self._lake.run_dates(spec, self._lake.version(spec)):
            commit = commits.newest({RUN_DATE: run_date}) if run_date < self._run_date else None
            if commit:
                found[run_date] = Made(spec.name, commit.version, commit.note)
        return found

    def upstream(self, made: Made) -> dict[str, Made]:
        """All partitions of this run_date that it was made from, directly and through others, each with the rows of then.

        Pinned tables and earlier run_dates are left out. A partition whose commit the log has no longer is left out too.
        """
        found: dict[str, Made] = {}
        waiting = [made]
        while waiting:
            for name, digest in waiting.pop().inputs.items():
                if name in found or name.endswith(_EARLIER) or spec_of(ref_of(name)).is_pinned:
                    continue
                spec = spec_of(ref_of(name))
                commit = self._lake.commits(spec).newest(owned_by(ref_of(name), self._run_date), digest=digest)
                if commit:
                    found[name] = Made(name, commit.version, commit.note)
                    waiting.append(found[name])
        return found

    def digest(self, name: str) -> str | None:
        """The digest of an input as it is now, by the name under which notes keep it; None where it is not there."""
        if name.endswith(_EARLIER):
            return earlier_digest(self.earlier(all_tables()[name.removesuffix(_EARLIER)]))
        ref = ref_of(name)
        if spec_of(ref).is_pinned:
            pin = self.pin(spec_of(ref))
            return pin.digest if pin else None
        made = self.made(ref)
        return made.digest if made else None

    def why_stale(self, name: str) -> str | None:
        """Why a partition, or something that it was made from, is not current; None where all is."""
        if name.endswith(_EARLIER) or spec_of(ref_of(name)).is_pinned:
            return None
        if name not in self._why:
            self._why[name] = self._find_why(name)
        return self._why[name]

    def _find_why(self, name: str) -> str | None:
        made = self.made(ref_of(name))
        if made is None:
            return f"{name} was not written for {self._run_date}"
        if not made.digest:
            return f"{name} was changed by another program, in version {made.version}"
        for one, digest in made.inputs.items():
            now = self.digest(one)
            if now != digest:
                return f"{name} was made from {one} as it was ({digest}), which {self._became(one, now)}"
            if why := self.why_stale(one):
                return why
        return None

    def _became(self, name: str, now: str | None) -> str:
        """What became of an input that is not what it was."""
        if now:
            return f"is now {now}"
        made = self.made(ref_of(name)) if now is not None else None
        return f"was changed by another program, in version {made.version}" if made else "is not there any more"


def owned_by(ref: TableRef, run_date: date) -> dict[str, Value]:
    """The partition values of a table, or of a slice of it, for a run_date."""
    spec = spec_of(ref)
    # The whole of a small table is decided anew for every run_date.
    has_days = RUN_DATE in spec.partition_by or spec.mode == "compare_and_set"
    owned: dict[str, Value] = {RUN_DATE: run_date} if has_days else {}
    if isinstance(ref, TableSlice) and spec.slice_by:
        owned[spec.slice_by] = ref.value
    return owned


def ref_of(name: str) -> TableRef:
    """The table or slice that a note names, as `candidates_v2[als]`.

    Raises:
        StaleInputError: no code of today declares the table.
    """
    table, _, rest = name.partition("[")
    if table not in all_tables():
        rule = "an input must be a table that is declared."
        do = "Run the night of this run_date again."
        raise StaleInputError(where=name, rule=rule, came="a table of other code", do=do)
    spec = all_tables()[table]
    return spec[rest.removesuffix("]")] if rest else spec


def earlier_name(spec: TableSpec) -> str:
    """The name under which notes keep the partitions of earlier run_dates."""
    return f"{spec.name}{_EARLIER}"


def earlier_digest(earlier: Mapping[date, Made]) -> str:
    """The digest of partitions together."""
    return digest_of(*(f"{day}={made.digest}" for day, made in sorted(earlier.items())))
