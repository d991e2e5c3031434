"""Every subject's lists against what users did afterwards.

Shapes: U users of a batch, K list, I items.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tawny.evaluation.plan import Batch, EvaluationRow, Plan
from tawny.evaluation.summary import Summary
from tawny.metrics.hits import Relevant
from tawny.models.arrow import ragged

SEGMENTS = ("warm", "cold")
_SCHEMA = "subject string, summary binary"


def judge(lists: DataFrame, answers: DataFrame, plan: Plan, most_tasks: int = 64) -> dict[str, list[EvaluationRow]]:
    """The rows of every subject. A user with answers whom a subject gave no list counts as served with an empty one.

    Args:
        lists: subject, user_id, listed array<int> best first.
        answers: user_id, answers array<int> not empty, is_warm.
        plan: its segments are SEGMENTS.
        most_tasks: tasks whose sums are brought together by one process.
    """
    subjects = [row["subject"] for row in lists.select("subject").distinct().sort("subject").toLocalIterator()]
    asked = answers.crossJoin(F.broadcast(_named(lists, subjects))).join(lists, ["subject", "user_id"], "left")
    asked = asked.select("subject", F.xxhash64("user_id").alias("key"), "listed", "answers", "is_warm")
    sums = asked.coalesce(most_tasks).mapInArrow(_sum_of_task(plan), _SCHEMA)
    totals = {subject: Summary(plan) for subject in subjects}
    for row in sums.toLocalIterator():
        totals[row["subject"]].merge(Summary.from_bytes(plan, bytes(row["summary"])))
    return {subject: summary.rows() for subject, summary in totals.items()}


def _named(lists: DataFrame, subjects: list[str]) -> DataFrame:
    return lists.sparkSession.createDataFrame([(subject,) for subject in subjects], "subject string")


def _sum_of_task(plan: Plan) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        totals: dict[str, Summary] = {}
        for batch in batches:
            subjects = np.array(batch["subject"].to_pylist(), object)
            for subject in dict.fromkeys(subjects):
                rows = batch.take(pa.array(np.flatnonzero(subjects == subject)))
                totals.setdefault(str(subject), Summary(plan)).add(_as_batch(rows))
        columns: dict[str, list[Any]] = {"subject": list(totals), "summary": [total.to_bytes() for total in totals.values()]}
        yield pa.RecordBatch.from_pydict(columns, schema=pa.schema({"subject": pa.string(), "summary": pa.binary()}))

    return run


def _as_batch(rows: pa.RecordBatch) -> Batch:
    answers, indptr = ragged(rows["answers"], np.int32)
    is_warm = rows["is_warm"].to_numpy(zero_copy_only=False).astype(np.bool_)
    keys = rows["key"].to_numpy().view(np.uint64)
    return Batch(keys, _padded(rows["listed"]), Relevant(indptr, answers), {"warm": is_warm, "cold": ~is_warm})


def _padded(column: pa.ListArray) -> NDArray[np.int32]:
    """int32 [U, K], padded with -1; a null list is an empty one."""
    listed, indptr = ragged(column.fill_null([]) if column.null_count else column, np.int32)
    lengths = np.diff(indptr)
    lists = np.full((len(lengths), max(int(lengths.max(initial=0)), 1)), -1, np.int32)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    lists[rows, np.arange(len(listed)) - indptr[:-1][rows]] = listed
    return lists
