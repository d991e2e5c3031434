"""Keeps tables small: drops partitions that nothing needs, compacts small files, removes old files and old log entries.

It works through Delta's log alone, without a JVM, and beside running nights: a commit that collides with another writer is
tried again and then left to the next day. Readers keep the version that they have pinned; what was dropped by mistake can be
restored within the table's `retention_days`. Made for one call a day; with nothing to do, nothing is committed.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.fs import DeltaStorageHandler

from tawny.core.columns import RUN_DATE
from tawny.core.log import key_values
from tawny.core.table import TableSpec
from tawny.lake.arrow import ArrowLake
from tawny.lake.base import NOTE, Note, note_text
from tawny.lake.retry import retry

logger = logging.getLogger(__name__)

UNPUBLISHED_DAYS = 7
"""A list that was never published is dropped when it is older than that."""

N_ROLLBACKS = 3
"""Of the lists published before the present one, as many are kept whatever their age, for rollbacks."""

TARGET_BYTES = 128 * 2**20
"""The size of a compacted file, about: what one task of Spark reads at once."""

# Compaction rewrites rows: it waits for this many files of at most a quarter of the target, and is done only where rows stay
# for longer than this, so that they are read more often than they are written.
_MIN_SMALL_FILES = 4
_WORTH_IT_DAYS = 14

# As Spark: a reader reads the last checkpoint and at most that many commits after it.
_CHECKPOINT_EVERY = 10


@dataclass(frozen=True)
class Policy:
    """What a call may do beyond the declarations of the tables.

    Attributes:
        run_date: days are never counted from a later date than that.
        keep_days: an upper bound for that of every table which has one.
        of_table: days to keep by table, instead of what the table declares.
        grace: what was written within that time before the table's newest file stays, because a backfill may still run.
        dry_run: change nothing.
    """

    run_date: date | None = None
    keep_days: int | None = None
    of_table: Mapping[str, int] = field(default_factory=dict)
    grace: timedelta = timedelta(days=1)
    dry_run: bool = False


@dataclass(frozen=True)
class Kept:
    """What must stay whatever its age, from published_v2.

    Attributes:
        newest: run_date of the published list; None where nothing is published.
        run_dates: of the published list and of those that a rollback can go to.
        list_ids: of every list that was ever published.
    """

    newest: date | None = None
    run_dates: frozenset[date] = frozenset()
    list_ids: frozenset[str] = frozenset()


NOTHING = Kept()


@dataclass(frozen=True)
class Maintained:
    """What was done to one table, or would be done.

    Attributes:
        table: its name.
        dropped: partitions that were dropped, `run_date=2020-01-01`.
        n_files: files of the version that readers see, before and after.
        n_bytes: of these files, before and after.
        n_removed: files of no version within the retention, which were removed from the disk.
        skipped: what was left to the next call because another writer was faster.
    """

    table: str
    dropped: tuple[str, ...]
    n_files: tuple[int, int]
    n_bytes: tuple[int, int]
    n_removed: int
    skipped: tuple[str, ...]

    def __str__(self) -> str:
        """As the line that is logged."""
        values: dict[str, object] = {"table": self.table, "dropped": len(self.dropped)}
        values |= {"files": "->".join(map(str, self.n_files)), "bytes": "->".join(map(str, self.n_bytes))}
        return key_values({**values, "removed": self.n_removed, "skipped": ",".join(self.skipped) or None})


def maintain(
    lake: ArrowLake, specs: Iterable[TableSpec], note: Note, kept: Kept = NOTHING, policy: Policy | None = None
) -> Iterator[Maintained]:
    """Maintain the tables that are there, one after the other.

    Args:
        lake: the tables.
        specs: their declarations.
        note: what every commit says of its run; `what` is added.
        kept: what must stay whatever its age.
        policy: default: the declarations.

    Raises:
        SchemaError: a table cannot be brought to its declaration; it and those after it are left as they are.
    """
    for spec in specs:
        if DeltaTable.is_deltatable(lake.path(spec)):
            done = _Maintenance(lake, spec, note, policy or Policy(), kept).run()
            logger.info("%s", done)
            yield done


def kept_lists(published: pa.Table) -> Kept:
    """What must stay because it is published, or may be published again by a rollback.

    Args:
        published: run_date, list_id and status of the rows of published_v2.
    """
    rows = published.select([RUN_DATE, "list_id", "status"]).to_pylist()
    now = {row[RUN_DATE] for row in rows if row["status"] == "published"}
    before = sorted({row[RUN_DATE] for row in rows if row["status"] == "superseded"}, reverse=True)
    ids = frozenset(row["list_id"] for row in rows)
    return Kept(max(now, default=None), frozenset({*now, *before[:N_ROLLBACKS]}), ids)


@dataclass
class _Maintenance:
    """The maintenance of one table."""

    lake: ArrowLake
    spec: TableSpec
    note: Note
    policy: Policy
    kept: Kept
    skipped: list[str] = field(default_factory=list)

    @property
    def keep_days(self) -> int | None:
        """How many days the table keeps; None: all."""
        own = self.policy.of_table.get(self.spec.name, self.spec.keep_days)
        return own if own is None or self.policy.keep_days is None else min(own, self.policy.keep_days)

    @property
    def day(self) -> str:
        """The column by which the table keeps days: run_date, or the day of an event."""
        return RUN_DATE if RUN_DATE in self.spec.columns or not self.spec.time_column else self.spec.partition_by[0]

    def run(self) -> Maintained:
        if not self.policy.dry_run:
            self.lake.ensure([self.spec])  # the retention that is declared today, before anything is removed
        before = _files(self._open())
        dropped = self._commit("drop", self._drop) or ()
        self._commit("compact", self._compact)
        n_removed = self._commit("vacuum", self._vacuum) or 0
        if not self.policy.dry_run:
            self._shorten_log()
        after = _files(self._open())
        sizes = [(files.num_rows, int(pc.sum(files["size_bytes"]).as_py() or 0)) for files in (before, after)]
        n_files, n_bytes = zip(*sizes, strict=True)
        return Maintained(self.spec.name, dropped, n_files, n_bytes, n_removed, tuple(self.skipped))

    def _open(self) -> DeltaTable:
        return DeltaTable(self.lake.path(self.spec))

    def _properties(self, what: str) -> CommitProperties:
        # No retry of its own: it would commit on a state that was not looked at.
        return CommitProperties(custom_metadata={NOTE: note_text({**self.note, "what": what})}, max_commit_retries=0)

    def _commit(self, what: str, act: Callable[[], Any]) -> Any:
        """`act()`, again where another writer was faster, and at last left to the next call."""
        try:
            return retry(CommitFailedError, act)
        except CommitFailedError as exc:
            logger.warning("%s: %s is left to the next call, other writers were faster: %s", self.spec.name, what, exc)
            self.skipped.append(what)
            return None

    # Partitions that nothing needs.

    def _drop(self) -> tuple[str, ...]:
        """Drop what is too old, and lists that were never published, in one commit; returns the partitions.

        It commits on the very version that it looked at, or not at all: what was written since is looked at again.
        """
        delta = self._open()
        files = _files(delta)
        condition, names = self._too_old(files)
        unpublished = self._unpublished(files)
        conditions = [*([condition] if condition else []), *(f"({one})" for one in unpublished)]
        if conditions and not self.policy.dry_run:
            delta.delete(" OR ".join(conditions), commit_properties=self._properties("drop"))
        return (*names, *(text.replace("'", "").replace(" AND ", "/").replace(" ", "") for text in unpublished))

    def _too_old(self, files: pa.Table) -> tuple[str, list[str]]:
        """An SQL condition, and the partitions or the day before which it holds; empty where nothing is too old."""
        if self.keep_days is None or self.day not in self.spec.columns or not files.num_rows:
            return "", []
        if self.day not in self.spec.partition_by:
            return self._old_rows(files)
        first = self._first_kept(files, self.keep_days)
        needed = self.kept.run_dates if self.day == RUN_DATE else frozenset[date]()
        dates = sorted(one for one in self._quiet(files) - needed if one < first)
        if not dates:
            return "", []
        return f"{self.day} IN ({', '.join(_sql(one) for one in dates)})", [f"{self.day}={one}" for one in dates]

    def _old_rows(self, files: pa.Table) -> tuple[str, list[str]]:
        """The same for a table that has run_dates and no partitions: its small files are rewritten without the old rows."""
        if f"min.{RUN_DATE}" not in files.column_names or self.keep_days is None:
            return "", []
        first = self._first_kept(files, self.keep_days)
        oldest = pc.min(files[f"min.{RUN_DATE}"]).as_py()
        if oldest is None or oldest >= first:
            return "", []
        return f"{RUN_DATE} < {_sql(first)}", [f"{RUN_DATE}<{first}"]

    def _unpublished(self, files: pa.Table) -> list[str]:
        """Conditions, one per list that was never published and is too old to wait for it."""
        own = self.spec.id_column
        if own is None or not files.num_rows:
            return []
        days = min(UNPUBLISHED_DAYS, self.policy.keep_days or UNPUBLISHED_DAYS)
        first, quiet = self._first_kept(files, days), self._quiet(files)
        pairs = files.group_by([f"partition.{RUN_DATE}", f"partition.{own}"]).aggregate([]).to_pylist()
        found = sorted((row[f"partition.{RUN_DATE}"], row[f"partition.{own}"]) for row in pairs)
        return [
            f"{RUN_DATE} = {_sql(day)} AND {own} = {_sql(list_id)}"
            for day, list_id in found
            if day < first and day in quiet and list_id not in self.kept.list_ids
        ]

    def _first_kept(self, files: pa.Table, keep_days: int) -> date:
        """The first run_date that is not too old: counted from the newest, at most from the published one."""
        name = f"partition.{self.day}" if self.day in self.spec.partition_by else f"max.{self.day}"
        newest = [pc.max(files[name]).as_py(), self.kept.newest, self.policy.run_date]
        last: date = min(one for one in newest if one is not None)
        return last - timedelta(days=keep_days)

    def _quiet(self, files: pa.Table) -> set[date]:
        """The days that were not written a moment ago."""
        grace = int(self.policy.grace / timedelta(milliseconds=1))
        last = files.group_by(f"partition.{self.day}").aggregate([("modification_time", "max")])
        newest = pc.max(files["modification_time"]).as_py()
        quiet = last.filter(pc.less_equal(last["modification_time_max"], newest - grace))
        return set(quiet[f"partition.{self.day}"].to_pylist())

    # Files and log.

    def _compact(self) -> None:
        """Compact the partitions with several small files. The rows stay the same, and the log says so."""
        is_short_lived = self.keep_days is not None and self.keep_days <= _WORTH_IT_DAYS
        if is_short_lived or self.policy.dry_run:
            return
        delta = self._open()
        files = _files(delta)
        small = files.filter(pc.less_equal(files["size_bytes"], TARGET_BYTES // 4))
        by = [f"partition.{column}" for column in self.spec.partition_by]
        groups = small.group_by(by).aggregate([([], "count_all")])
        groups = groups.filter(pc.greater_equal(groups["count_all"], _MIN_SMALL_FILES))
        if groups.num_rows:
            delta.optimize.compact(
                partition_filters=[(one.removeprefix("partition."), "in", _texts(groups[one])) for one in by] or None,
                target_size=TARGET_BYTES,
                commit_properties=self._properties("compact"),
            )

    def _vacuum(self) -> int:
        """Remove files that no version within the retention has, those of killed writers too."""
        delta = self._open()
        old: list[str] = delta.vacuum(dry_run=True, full=True)
        if old and not self.policy.dry_run:
            delta.vacuum(dry_run=False, full=True, commit_properties=self._properties("vacuum"))
        return len(old)

    def _shorten_log(self) -> None:
        """Write a checkpoint where readers would have to read many commits, and remove log entries past their retention."""
        delta = self._open()
        if delta.version() - _last_checkpoint(delta) >= _CHECKPOINT_EVERY:
            delta.create_checkpoint()
        delta.cleanup_metadata()


def _files(delta: DeltaTable) -> pa.Table:
    """The files of a version: size_bytes, modification_time, `partition.<column>`, `min.<column>` ..."""
    return pa.table(delta.get_add_actions(flatten=True))


def _last_checkpoint(delta: DeltaTable) -> int:
    """The version of the last checkpoint; 0 where there is none."""
    try:
        with DeltaStorageHandler(delta.table_uri).open_input_file("_delta_log/_last_checkpoint") as file:
            return int(json.loads(file.read())["version"])
    except FileNotFoundError:
        return 0


def _texts(column: pa.ChunkedArray) -> list[str]:
    return sorted({value.isoformat() if isinstance(value, date | datetime) else str(value) for value in column.to_pylist()})


def _sql(value: object) -> str:
    """A value as an SQL literal.

    >>> _sql(date(2020, 1, 1)), _sql("it's")
    ("'2020-01-01'", "'it''s'")
    """
    return "'" + str(value).replace("'", "''") + "'"
