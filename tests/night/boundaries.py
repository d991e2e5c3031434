"""Every moment of a night at which something is committed, counted, so that a run can be killed or overtaken there.

A boundary lies before and after each commit of each job: of its tables, its quarantine, its ledger and its record. They are
found by running the code, not listed, so a new job or a new commit has its boundaries too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake, arrow_digest
from tawny.lake.base import Written
from tawny.lake.spark import SparkLake
from tawny.publish.pointer import published_in, published_rows
from tawny.runner.local import LocalRunner
from tawny.tables.recommendations import RECOMMENDATIONS
from tawny.tables.registry import all_tables

# What says when and by whom something was done, and not what there is.
_OF_THE_RUN = {"run_id", "version", "sequence"}
_NOT_COMPARED = {"runs_v2"}


class Killed(BaseException):
    """As if the process had ended here: no Exception, so that nothing takes it for a failure and goes on."""


@dataclass
class Boundaries:
    """Counts boundaries, and does at one of them what the test asks for.

    Attributes:
        kill_at: the number of the boundary, from 1, at which the run dies; a dead run commits nothing more.
        at_each: called with each boundary's name while the run lives.
    """

    kill_at: int | None = None
    at_each: Callable[[str], None] | None = None
    names: list[str] = field(default_factory=list)
    is_dead: bool = False

    def cross(self, name: str) -> None:
        """Pass a boundary, or die there."""
        if self.is_dead:
            raise Killed(name)
        self.names.append(name)
        if self.kill_at == len(self.names):
            self.is_dead = True
            raise Killed(name)
        if self.at_each:
            self.at_each(name)

    def around(self, spec: TableSpec, commit: Callable[[], Any]) -> Any:
        """Commit, between two boundaries."""
        self.cross(f"before {spec.name}")
        result = commit()
        self.cross(f"after {spec.name}")
        return result


class WatchedArrow(ArrowLake):
    """An ArrowLake whose commits lie between boundaries."""

    def __init__(self, root: str, boundaries: Boundaries) -> None:
        super().__init__(root)
        self.boundaries = boundaries

    def _commit(self, spec: TableSpec, *args: Any) -> Written:
        written: Written = self.boundaries.around(spec, lambda: super(WatchedArrow, self)._commit(spec, *args))
        return written

    def _compare_and_set(self, spec: TableSpec, *args: Any) -> Written:
        written: Written = self.boundaries.around(spec, lambda: super(WatchedArrow, self)._compare_and_set(spec, *args))
        return written


class WatchedSpark(SparkLake):
    """A SparkLake whose commits lie between boundaries."""

    def __init__(self, env: Any, boundaries: Boundaries) -> None:
        super().__init__(env)
        self.arrow, self.boundaries = WatchedArrow(env.root, boundaries), boundaries

    def _save(self, spec: TableSpec, *args: Any) -> None:
        self.boundaries.around(spec, lambda: super(WatchedSpark, self)._save(spec, *args))

    def _merge(self, spec: TableSpec, *args: Any) -> None:
        self.boundaries.around(spec, lambda: super(WatchedSpark, self)._merge(spec, *args))


class WatchedRunner(LocalRunner):
    """A LocalRunner on watched lakes; `boundaries` may be replaced between runs."""

    boundaries = Boundaries()

    @cached_property
    def arrow(self) -> ArrowLake:
        return WatchedArrow(self.env.root, self.boundaries)

    @cached_property
    def spark(self) -> SparkLake:
        return WatchedSpark(self.env, self.boundaries)

    def watch(self, boundaries: Boundaries) -> Boundaries:
        """Watch all commits from now on by these boundaries, as a new process with new lakes would."""
        self.boundaries = boundaries
        for name in ("arrow", "spark"):
            self.__dict__.pop(name, None)
        return boundaries


def content(root: str) -> dict[str, list[str]]:
    """All rows of every table but the manifest, ordered, without what says when and by whom they were written."""
    lake, found = ArrowLake(root), {}
    for name, spec in all_tables().items():
        if name not in _NOT_COMPARED:
            rows = lake.read(spec, lake.version(spec), ()).to_pylist(maps_as_pydicts="strict")
            kept = [{key: value for key, value in row.items() if key not in _OF_THE_RUN} for row in rows]
            found[name] = sorted(repr(sorted(row.items())) for row in kept)
    return found


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, tuple[int, int]]:
    """The tables that differ: rows that only the first has, and rows that only the second has."""
    return {
        name: (len(set(one[name]) - set(other[name])), len(set(other[name]) - set(one[name])))
        for name in one
        if one[name] != other[name]
    }


def check_reader(root: str) -> str | None:
    """Read as a reader does; the id of the published list, None where nothing is published.

    The list must be whole, which its id says, for it is the digest of its rows; and it must be one that was judged.
    """
    lake = ArrowLake(root)
    now = published_in(published_rows(lake))
    if now is None:
        return None
    where = (("run_date", "=", now.run_date), ("list_id", "=", now.list_id))
    rows: pa.Table = lake.read(RECOMMENDATIONS, lake.version(RECOMMENDATIONS), where)  # type: ignore[arg-type]
    placed = rows.set_column(rows.column_names.index("list_id"), "list_id", pa.array([""] * rows.num_rows))
    assert arrow_digest(RECOMMENDATIONS, placed) == now.list_id, f"list {now.list_id} is not whole"
    assert now.n_listed == len(set(rows["user_id"].to_pylist())), "the list is not the one that was audited"
    return now.list_id
