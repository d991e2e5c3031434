"""The interface of a lake (tables under one root); arrow.py and spark.py implement it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol, TypeVar

from tawny.core.table import TableSpec

Value = str | int | date | datetime
Condition = tuple[str, Literal["=", "<", ">="], Value] | tuple[str, Literal["in"], tuple[Value, ...]]
Conditions = tuple[Condition, ...]

F_co = TypeVar("F_co", covariant=True)


NOTE = "userMetadata"
"""Where Delta's log keeps a commit's note; `DESCRIBE HISTORY` shows it, whether Spark or Arrow wrote it."""


def note_text(note: Mapping[str, str]) -> str:
    """A commit's note, such as the id of the run that wrote it, as Delta's log keeps it."""
    return json.dumps(note, sort_keys=True)


def note_of(commit: Mapping[str, Any]) -> dict[str, str]:
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


@dataclass(frozen=True)
class Written:
    """What one write did: the Delta version it made and the rows it wrote."""

    version: int
    n_rows: int


class Lake(Protocol[F_co]):
    """Tables under one root. Frames are Spark DataFrames or Arrow tables, by implementation."""

    def ensure(self, specs: Sequence[TableSpec]) -> None:
        """Create the tables that are not there yet, and bring the others to their declaration."""

    def version(self, spec: TableSpec) -> int:
        """The newest version."""

    def count(self, spec: TableSpec, version: int, where: Conditions) -> int | None:
        """Rows of whole partitions, from Delta's log alone; None where a condition is not on a partition column."""

    def read(self, spec: TableSpec, version: int, where: Conditions) -> F_co:
        """The rows of that version that meet all conditions."""

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> Any:
        """As `read`, as a pyarrow.Table and without a JVM; refused above `max_rows` (bounded memory)."""

    def write(
        self, spec: TableSpec, frame: Any, constants: dict[str, Value], app_id: str, note: Mapping[str, str] | None = None
    ) -> Written:
        """Write in the table's mode, in one commit.

        Args:
            spec: the table.
            frame: the rows.
            constants: the partition values that this run owns.
            app_id: what is written; a second append with the same one is skipped.
            note: who writes it (run_id, job, run_date); kept in the commit.
        """
