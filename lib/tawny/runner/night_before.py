"""A list of an earlier run_date and the partitions that it was made from, read as they were when it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from tawny.core.errors import StaleInputError
from tawny.core.table import TableRef, TableSpec, spec_of
from tawny.lake.base import Condition, Lake, Value
from tawny.runner.lineage import Lineage, Made, owned_by
from tawny.runner.manifest import sources_of
from tawny.tables.runs import RUNS

F = TypeVar("F")

_MAX_ROWS = 20_000_000


@dataclass(frozen=True)
class NightBefore(Generic[F]):
    """What made a list.

    Attributes:
        run_date: of the list.
        made: the list itself.
        upstream: all that it was made from, by name.
    """

    run_date: date
    made: Made
    upstream: Mapping[str, Made]
    lake: Lake[F]

    @classmethod
    def of(cls, lake: Lake[F], spec: TableSpec, run_date: date, made: Made) -> NightBefore[F]:
        """The night that wrote a partition."""
        return cls(run_date, made, Lineage(lake, run_date).upstream(made), lake)

    @property
    def list_id(self) -> str:
        """The list's id."""
        return str(self.made.note["partition"]["list_id"])

    def is_same_code(self, code: str) -> bool:
        """Whether the list was made by these sources, whatever became of the job's own file."""
        return sources_of(str(self.made.note.get("code", ""))) == sources_of(code)

    def read(self, table: TableRef, **where: Value) -> F:
        """The rows of a table or slice, as they were when the list was made.

        Raises:
            StaleInputError: the list was not made from it, or its commit is no longer in the log.
        """
        made, conditions = self._at(table, where)
        return self.lake.read(spec_of(table), made.version, conditions)

    def read_arrow(self, table: TableRef, **where: Value) -> Any:
        """The same as a pyarrow.Table."""
        made, conditions = self._at(table, where)
        return self.lake.read_arrow(spec_of(table), made.version, conditions, _MAX_ROWS)

    def settings(self, table: TableRef) -> dict[str, Any]:
        """The merged settings of the run that wrote a table or slice: `night`, and `job`."""
        made, _ = self._at(table, {})
        run_id = made.note["run_id"]
        where: tuple[Condition, ...] = (("run_id", "=", run_id), ("status", "=", "started"))
        rows = self.lake.read_arrow(RUNS, self.lake.version(RUNS), where, _MAX_ROWS).to_pylist()
        if not rows:
            raise self._unknown(f"no row of {RUNS.name} for run {run_id}", str(table))
        found: dict[str, Any] = json.loads(rows[0]["config"])
        return found

    def _at(self, table: TableRef, where: Mapping[str, Value]) -> tuple[Made, tuple[Condition, ...]]:
        made = self.made if str(table) == self.made.name else self.upstream.get(str(table))
        if made is None:
            raise self._unknown("no commit in the log that the list was made from", str(table))
        owned = {**owned_by(table, self.run_date), **made.note["partition"]}
        own = {column: self.run_date if column == "run_date" else value for column, value in owned.items()}
        return made, tuple((column, "=", value) for column, value in {**own, **where}.items())

    def _unknown(self, came: str, table: str) -> StaleInputError:
        rule = "what a list was made from must be known as long as the list is kept."
        do = f"Run `tawny night --run-date {self.run_date}` to make it again."
        return StaleInputError(where=f"{self.made.name} of {self.run_date}: {table}", rule=rule, came=came, do=do)
