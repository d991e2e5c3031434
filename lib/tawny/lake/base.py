"""The interface of a lake (tables under one root), and what a commit says of itself; arrow.py and spark.py implement it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol, TypeVar

from tawny.core.table import TableSpec

Value = str | int | date | datetime
Condition = tuple[str, Literal["=", "<", "<=", ">="], Value] | tuple[str, Literal["in"], tuple[Value, ...]]
Conditions = tuple[Condition, ...]

F_co = TypeVar("F_co", covariant=True)

Note = Mapping[str, Any]
"""What a commit says of itself: run_id, job, run_date, and for a partition also MADE."""

NOTE = "userMetadata"
"""Where Delta's log keeps a commit's note; `DESCRIBE HISTORY` shows it, whether Spark or Arrow wrote it."""

MADE = ("digest", "inputs", "settings", "code")
"""The keys of a note that say what a partition holds and what it was made from; where they are equal, so are the rows."""


def note_text(note: Note) -> str:
    """A commit's note, such as the id of the run that wrote it, as Delta's log keeps it."""
    return json.dumps(note, sort_keys=True)


def note_of(commit: Mapping[str, Any]) -> dict[str, Any]:
    """The note of a commit of Delta's log; empty where another program wrote the commit, or a table was changed.

    >>> note_of({"version": 3, "userMetadata": note_text({"run_id": "7f"})})
    {'run_id': '7f'}
    >>> note_of({"version": 3, "userMetadata": "by hand"})
    {}
    """
    try:
        note = json.loads(commit.get(NOTE) or "{}")
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def is_same(one: Note, other: Note) -> bool:
    """Whether two notes tell of the same rows, made from the same inputs by the same settings and code."""
    return all(key in one and one[key] == other.get(key) for key in MADE)


def partition_text(owned: Mapping[str, Value]) -> dict[str, str]:
    """The values of the partition columns as a note keeps them.

    >>> partition_text({"run_date": date(1998, 4, 23), "model": "als"})
    {'run_date': '1998-04-23', 'model': 'als'}
    """
    return {column: str(value) for column, value in owned.items()}


@dataclass(frozen=True)
class Written:
    """What one write did.

    Attributes:
        version: the Delta version that holds the rows.
        n_rows: rows written.
        digest: of the rows; empty for a merge.
        is_new: False where the same rows, made from the same inputs, were there already, so that nothing was committed.
    """

    version: int
    n_rows: int
    digest: str = ""
    is_new: bool = True


@dataclass(frozen=True)
class Commit:
    """A commit that wrote a partition.

    Attributes:
        version: Delta version that it made.
        note: empty where a program that is not Tawny changed the table after the partition was written.
        operation: as Delta names it.
    """

    version: int
    note: Note
    operation: str


class Commits(Protocol):
    """The commits of one table."""

    def newest(self, owned: Mapping[str, Value], version: int | None = None, digest: str | None = None) -> Commit | None:
        """The newest commit (of that version or older, with that digest) that wrote the partition; None where none did."""

    def changed_at(self) -> int:
        """The version of the newest commit that changed rows."""


class Lake(Protocol[F_co]):
    """Tables under one root. Frames are Spark DataFrames or Arrow tables, by implementation."""

    def ensure(self, specs: Sequence[TableSpec]) -> None:
        """Create the tables that are not there yet, and bring the others to their declaration."""

    def version(self, spec: TableSpec) -> int:
        """The newest version."""

    def count(self, spec: TableSpec, version: int, where: Conditions) -> int | None:
        """Rows of whole partitions, from Delta's log alone; None where a condition is not on a partition column."""

    def run_dates(self, spec: TableSpec, version: int) -> list[date]:
        """The run_dates that have rows, ascending, from Delta's log alone."""

    def commits(self, spec: TableSpec) -> Commits:
        """The commits of the table, newest first, as its log has them."""

    def read(self, spec: TableSpec, version: int, where: Conditions) -> F_co:
        """The rows of that version that meet all conditions."""

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> Any:
        """As `read`, as a pyarrow.Table and without a JVM; refused above `max_rows` (bounded memory)."""

    def write(
        self, spec: TableSpec, frame: Any, constants: Mapping[str, Value], app_id: str, note: Note | None = None
    ) -> Written:
        """Write in the table's mode, in one commit; nothing where the same rows, made from the same, are there already.

        Args:
            spec: the table.
            frame: the rows.
            constants: the partition values that this run owns.
            app_id: what is written; a second append with the same one is skipped.
            note: who writes it, and from what; kept in the commit with the partition, its digest and its rows.
        """

    def update(self, spec: TableSpec, decide: Callable[[Any], Any], note: Note | None = None) -> Written:
        """Replace the rows of a small table (mode `compare_and_set`) by what `decide` makes of the newest rows.

        Where another process committed in between, `decide` is asked again with the rows that are newest then. Nothing is
        committed where it decides for the rows that are there, unless the note tells of a partition, and of other inputs
        than its last commit: then the commit keeps what the same decision was made from.
        """
