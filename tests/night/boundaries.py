"""Every moment of a night at which something is committed, so that a run can be killed or overtaken there.

A boundary lies before and after each commit of each job: of its tables, its quarantine, its ledger and its record, and of
rows that are taken out (lake/removal.py). They are found by running the code, not listed, so a new job or a new commit has
its boundaries too. A third kind lies within a commit: after the newest version was opened, or the new rows were decided
from it, and before they are written. Nothing is committed between `before` and `within`, so a run need not be killed there;
it is where a second run does most harm.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tawny.core.table import TableSpec
from tawny.lake import removal
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import Written
from tawny.lake.spark import SparkLake
from tawny.runner.local import LocalRunner

BEFORE, WITHIN, AFTER = "before", "within", "after"


class Killed(BaseException):
    """As if the process had ended here: no Exception, so that nothing takes it for a failure and goes on."""


@dataclass
class Boundaries:
    """The boundaries that a run has passed, and what a test does at them.

    Attributes:
        at_each: called with each boundary's name, such as `before events_v2 #1`; it may raise Killed.
        names: of those that were passed.
        is_dead: the run was killed, and commits nothing more.
    """

    at_each: Callable[[str], None] = lambda name: None
    names: list[str] = field(default_factory=list)
    is_dead: bool = False

    def cross(self, kind: str, spec: TableSpec) -> None:
        """Pass a boundary, or die there."""
        place = f"{kind} {spec.name}"
        name = f"{place} #{1 + sum(one.startswith(f'{place} #') for one in self.names)}"
        if self.is_dead:
            raise Killed(name)
        self.names.append(name)
        try:
            self.at_each(name)
        except Killed:
            self.is_dead = True
            raise

    def around(self, spec: TableSpec, commit: Callable[[], Any]) -> Any:
        """Commit, between two boundaries."""
        self.cross(BEFORE, spec)
        result = commit()
        self.cross(AFTER, spec)
        return result


class WatchedArrow(ArrowLake):
    """An ArrowLake whose commits have boundaries."""

    def __init__(self, root: str, boundaries: Boundaries) -> None:
        super().__init__(root)
        self.boundaries = boundaries
        self._is_committing = False

    def _commit(self, spec: TableSpec, *args: Any) -> Written:
        def commit() -> Written:
            self._is_committing = True
            try:
                return super(WatchedArrow, self)._commit(spec, *args)
            finally:
                self._is_committing = False

        written: Written = self.boundaries.around(spec, commit)
        return written

    def _open(self, spec: TableSpec, version: int | None) -> DeltaTable:
        delta = super()._open(spec, version)
        if self._is_committing:
            self._is_committing = False
            self.boundaries.cross(WITHIN, spec)
        return delta

    def _compare_and_set(self, spec: TableSpec, decide: Callable[[pa.Table], pa.Table], *args: Any) -> Written:
        def decided(rows: pa.Table) -> pa.Table:
            new = decide(rows)
            self.boundaries.cross(WITHIN, spec)
            return new

        written: Written = self.boundaries.around(
            spec, lambda: super(WatchedArrow, self)._compare_and_set(spec, decided, *args)
        )
        return written


class WatchedSpark(SparkLake):
    """A SparkLake whose commits have boundaries."""

    def __init__(self, env: Any, boundaries: Boundaries) -> None:
        super().__init__(env)
        self.arrow, self.boundaries = WatchedArrow(env.root, boundaries), boundaries

    def around(self, spec: TableSpec, commit: Callable[[], None]) -> None:
        """Commit, with its boundaries. What Spark does within a commit is out of reach."""

        def within() -> None:
            self.boundaries.cross(WITHIN, spec)
            commit()

        self.boundaries.around(spec, within)

    def _save(self, spec: TableSpec, *args: Any) -> None:
        self.around(spec, lambda: super(WatchedSpark, self)._save(spec, *args))

    def _merge(self, spec: TableSpec, *args: Any) -> None:
        self.around(spec, lambda: super(WatchedSpark, self)._merge(spec, *args))


@contextmanager
def watched_removals() -> Iterator[None]:
    """Inside, rows that are taken out of a watched lake have boundaries, too."""
    delete = removal._delete

    def watched(lake: SparkLake, spec: TableSpec, *args: Any) -> None:
        if isinstance(lake, WatchedSpark):
            lake.around(spec, lambda: delete(lake, spec, *args))
        else:
            delete(lake, spec, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(removal, "_delete", watched)
        yield


class WatchedRunner(LocalRunner):
    """A LocalRunner on watched lakes."""

    boundaries = Boundaries()

    @cached_property
    def arrow(self) -> ArrowLake:
        return WatchedArrow(self.env.root, self.boundaries)

    @cached_property
    def spark(self) -> SparkLake:
        return WatchedSpark(self.env, self.boundaries)

    def watch(self, at_each: Callable[[str], None]) -> Boundaries:
        """Watch all commits from now on, with new lakes, as a new process has them."""
        self.boundaries = Boundaries(at_each)
        for name in ("arrow", "spark"):
            self.__dict__.pop(name, None)
        return self.boundaries
