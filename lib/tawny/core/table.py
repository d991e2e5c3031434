"""How a table is declared."""

from dataclasses import dataclass, field
from typing import Literal

WriteMode = Literal["replace_partition", "merge_by_key", "append_once", "compare_and_set"]


@dataclass(frozen=True)
class Column:
    """A column: its Spark SQL type, its meaning (with the unit), and whether it may be null."""

    type: str
    doc: str
    nullable: bool = False


@dataclass(frozen=True)
class TableSpec:
    """A Delta table.

    Attributes:
        name: plural, snake_case, with the major version.
        columns: by name, in order.
        key: the columns that identify a row.
        partition_by: leading columns of the storage layout; `run_date` first where the table is rebuilt per run.
        mode: the only way it is written.
        checks: by name, a SQL condition that every row must meet. Delta enforces them as CHECK constraints for every
            writer, Tawny or not.
        slice_by: a partition column whose values have one writing job each (`model`, `source`), or None.
        time_column: a timestamp; a run for D reads only rows before D 00:00 UTC.
        known_column: a date; a run for D reads only rows that were known on D.
        is_pinned: a night reads the version that nights_v1 pins for its run_date, whatever lands meanwhile.
        id_column: a partition column whose value is the digest of the partition's rows, so none is written over by others.
        is_immutable: the key decides the whole row, so a merge only inserts.
        owner: the team that answers for it.
        retention_days: how long old versions can be read (`delta.deletedFileRetentionDuration`).
        keep_days: `tawny maintain` drops older run_dates, counted from the newest one; None: they are kept for ever.
    """

    name: str
    doc: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    mode: WriteMode
    partition_by: tuple[str, ...] = ()
    checks: dict[str, str] = field(default_factory=dict)
    slice_by: str | None = None
    time_column: str | None = None
    known_column: str | None = None
    is_pinned: bool = False
    id_column: str | None = None
    is_immutable: bool = False
    owner: str = "recommendations"
    retention_days: int = 30
    keep_days: int | None = None

    def __getitem__(self, value: str) -> "TableSlice":
        """The slice of one writer, `MODELS["als"]`; `"{variant}"` and `"{source}"` are filled in by the task."""
        if self.slice_by is None:
            raise TypeError(f"{self.name} has no slices: it declares no `slice_by`.")
        return TableSlice(self, value)

    def __str__(self) -> str:
        """The name."""
        return self.name

    @property
    def ddl(self) -> str:
        """The columns as Spark SQL DDL."""
        return ", ".join(f"`{name}` {c.type}{'' if c.nullable else ' NOT NULL'}" for name, c in self.columns.items())


@dataclass(frozen=True)
class TableSlice:
    """Part of a table: the partitions where `spec.slice_by` has this value."""

    spec: TableSpec
    value: str

    def __str__(self) -> str:
        """The table's name, with the slice in brackets."""
        return f"{self.spec.name}[{self.value}]"

    def fill(self, **names: str | None) -> "TableSlice":
        """The slice with `{variant}` or `{source}` filled in."""
        return TableSlice(self.spec, self.value.format(**names))


TableRef = TableSpec | TableSlice


def spec_of(table: TableRef) -> TableSpec:
    """The table that a reference names."""
    return table.spec if isinstance(table, TableSlice) else table


def overlaps(one: TableRef, other: TableRef) -> bool:
    """Whether two references can share a row."""
    if spec_of(one).name != spec_of(other).name:
        return False
    slices = [ref.value for ref in (one, other) if isinstance(ref, TableSlice)]
    return len(set(slices)) < 2
