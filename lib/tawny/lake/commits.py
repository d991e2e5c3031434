"""The commits of a table, from Delta's log: who wrote a partition last, and from what."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deltalake import DeltaTable

from tawny.lake.base import Commit, Value, note_of, partition_text

# What changes rows. Other operations (OPTIMIZE, VACUUM, a new property) keep them.
_CHANGES_ROWS = {
    "WRITE", "MERGE", "DELETE", "UPDATE", "RESTORE", "STREAMING UPDATE", "TRUNCATE", "COPY INTO", "CREATE TABLE AS SELECT",
    "CREATE OR REPLACE TABLE AS SELECT", "REPLACE TABLE AS SELECT",
}  # fmt: skip
_FIRST = 32


class LoggedCommits:
    """The commits of one table, read newest first and no further back than is asked for; what was read is kept.

    A partition's commit is found as long as the log has it (`delta.logRetentionDuration`, lake/migration.py).
    """

    def __init__(self, open_table: Callable[[], DeltaTable]) -> None:
        self._open = open_table
        self._commits: list[Commit] = []  # newest first, without gaps
        self._is_all = False

    def newest(self, owned: Mapping[str, Value], version: int | None = None, digest: str | None = None) -> Commit | None:
        """The newest commit (of that version or older, with that digest) that wrote the partition; None where none did.

        Where a program that is not Tawny changed rows after it, that program's commit, which has no note; unless the digest
        says which rows are meant.
        """
        wanted = partition_text(owned).items()
        for commit in self._newest_first():
            if version is not None and commit.version > version:
                continue
            is_own = wanted <= dict(commit.note.get("partition", {})).items()
            if is_own and digest in (None, commit.note.get("digest")):
                return commit
            if digest is None and not commit.note and commit.operation in _CHANGES_ROWS:
                return commit
        return None

    def changed_at(self) -> int:
        """The version of the newest commit that changed rows; 0 where none did, or the log has none of them any more."""
        return next((commit.version for commit in self._newest_first() if commit.operation in _CHANGES_ROWS), 0)

    def _newest_first(self) -> Iterator[Commit]:
        self._read_new()
        seen = 0
        while True:
            while seen < len(self._commits):
                yield self._commits[seen]
                seen += 1
            if self._is_all:
                return
            self._read_older()

    def _read_new(self) -> None:
        table = self._open()
        last = self._commits[0].version if self._commits else None
        n_new = table.version() - last if last is not None else _FIRST
        if n_new > 0:
            found = _as_commits(table.history(n_new))
            self._is_all = len(found) < n_new if last is None else self._is_all
            self._commits = found + self._commits

    def _read_older(self) -> None:
        n_asked = max(_FIRST, 4 * len(self._commits))
        found = _as_commits(self._open().history(n_asked))
        self._is_all = len(found) < n_asked
        self._commits = found


def _as_commits(history: list[dict[str, Any]]) -> list[Commit]:
    return [Commit(entry["version"], note_of(entry), str(entry.get("operation", ""))) for entry in history]
