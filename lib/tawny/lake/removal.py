"""Takes rows out of tables that are written by key: what a landing file gave and does not give any more."""

import uuid
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.core.table import TableSpec
from tawny.lake.base import Note, Written, note_of, note_text
from tawny.lake.retry import retry
from tawny.lake.spark import COLLISIONS, MERGING, TAG, SparkLake

_MAX_VALUES = 400


def remove(lake: SparkLake, spec: TableSpec, rows: DataFrame, on: tuple[str, ...], note: Note) -> Written:
    """Delete the rows of a table that agree with one of `rows` in the columns `on`, in one commit.

    Removing them again removes nothing. Only partitions are read in which such rows can be.

    Args:
        lake: of the table.
        spec: the table, of mode merge_by_key.
        rows: columns `on`, and those by which the table is partitioned; each combination once.
        on: columns that are never null.
        note: who removes them; kept in the commit.

    Returns:
        The version, and the number of rows that were deleted.
    """
    before, write_id = lake.version(spec), uuid.uuid4().hex
    columns = dict.fromkeys((*on, *spec.partition_by))
    condition = " AND ".join([*(f"old.`{name}` = new.`{name}`" for name in columns), *_pruning(spec, rows)])
    chosen = rows.select(*columns)
    retry(COLLISIONS, partial(_delete, lake, spec, chosen, condition, note_text({"write": write_id, **note})))
    for commit in lake.arrow.commits_since(spec, before):
        if note_of(commit).get("write") == write_id:
            metrics = commit.get("operationMetrics", {})
            return Written(commit["version"], int(metrics.get("numTargetRowsDeleted", 0)))
    return Written(lake.version(spec), 0, is_new=False)


def _delete(lake: SparkLake, spec: TableSpec, rows: DataFrame, condition: str, tag: str) -> None:
    target = DeltaTable.forPath(lake.spark, lake.arrow.path(spec)).alias("old")
    merge = target.merge(rows.alias("new"), condition).whenMatchedDelete()
    with MERGING:
        lake.spark.conf.set(TAG, tag)
        try:
            merge.execute()
        finally:
            lake.spark.conf.unset(TAG)


def _pruning(spec: TableSpec, rows: DataFrame) -> list[str]:
    """The partitions of the rows, as SQL: Delta prunes by constants, not by the other side of the merge."""
    found = []
    for column in spec.partition_by:
        chosen = rows.select(F.col(column).cast("string")).distinct().limit(_MAX_VALUES + 1)
        # Bounded: one more than is used.
        values = [str(row[0]) for row in chosen.collect()]
        if 0 < len(values) <= _MAX_VALUES:
            found.append(f"old.`{column}` IN ({', '.join(repr(value) for value in sorted(values))})")
    return found
