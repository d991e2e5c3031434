"""What a run needs of the place where tables lie; tawny.delta has the two that exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol, TypeVar

from tawny.core.table import TableSpec

Value = str | int | date | datetime
Condition = tuple[str, Literal["=", "<", ">="], Value] | tuple[str, Literal["in"], tuple[Value, ...]]
Conditions = tuple[Condition, ...]

F = TypeVar("F")
F_co = TypeVar("F_co", covariant=True)


@dataclass(frozen=True)
class Written:
    """What one write did: the Delta version it made and the rows it wrote."""

    version: int
    n_rows: int


class Lake(Protocol[F_co]):
    """Tables under one root. Frames are Spark DataFrames or Arrow tables, by implementation."""

    def ensure(self, specs: Sequence[TableSpec]) -> None:
        """Create the tables that are not there yet."""

    def version(self, spec: TableSpec) -> int:
        """The newest version; the only place where "newest" is asked for."""

    def count(self, spec: TableSpec, version: int, where: Conditions) -> int | None:
        """Rows of whole partitions, from Delta's log alone; None where the conditions are not on partitions."""

    def read(self, spec: TableSpec, version: int, where: Conditions) -> F_co:
        """The rows of that version that meet all conditions."""

    def read_arrow(self, spec: TableSpec, version: int, where: Conditions, max_rows: int) -> Any:
        """The same as a pyarrow.Table, without a JVM; refused above `max_rows` (bounded memory)."""

    def write(self, spec: TableSpec, frame: Any, constants: dict[str, Value], app_id: str) -> Written:
        """Write in the table's mode, in one commit. `constants` are the partition values this run owns."""
