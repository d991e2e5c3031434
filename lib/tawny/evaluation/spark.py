"""Evaluates lists on what users did afterwards, on Spark; and samples users to fit and to validate on.

Shapes: U users of a batch, K list.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Histories, Ragged, scattered
from tawny.core.columns import RUN_DATE
from tawny.evaluation.per_user import UserBatch
from tawny.evaluation.spec import EvaluationRow, EvaluationSpec
from tawny.evaluation.sums import Sums
from tawny.evaluation.validate import HALF_BIT, ValidationSample
from tawny.lake.schema import arrow_schema
from tawny.lake.spark import gather, sample_users
from tawny.tables.evaluations import EVALUATIONS

SEGMENTS = ("warm", "cold")
"""The segments of every evaluation on Spark: users with and without a history."""

_SUMS = "subject string, sums binary"


def evaluation_spec(
    ks: tuple[int, ...], item_features: pa.Table, n_items: int, seed: int, n_resamples: int
) -> EvaluationSpec:
    """The spec of a fold, with SEGMENTS.

    Args:
        ks, seed, n_resamples: as EvaluationSpec.
        item_features: rows of item_features_v2 of the fold; an item's popularity is its n_events.
        n_items: of the catalog.
    """
    popularity = scattered(item_features["item_index"], item_features["n_events"], n_items, np.int64)
    return EvaluationSpec(ks, popularity, seed, SEGMENTS, n_resamples)


def backtest(
    candidates: DataFrame, rankings: DataFrame, holdouts: DataFrame, spec: EvaluationSpec, run_date: date
) -> list[dict[str, Any]]:
    """Rows of evaluations_v1: the lists of every source, and the final ones, evaluated on the test window.

    Args:
        candidates, rankings, holdouts: rows of the test fold.
        spec: its popularity is that of the test fold.
        run_date: of the lists.
    """
    listed = F.slice("items.item_index", 1, max(spec.ks)).alias("listed")
    sources = candidates.select(F.col("source").alias("subject"), "user_id", listed)
    final = rankings.select(F.lit("final").alias("subject"), "user_id", listed)
    answers = holdouts.select("user_id", F.col("item_indices").alias("answers"), "is_warm")
    return evaluation_rows("backtest", run_date, evaluate_lists(sources.unionByName(final), answers, spec))


def evaluate_lists(
    lists: DataFrame, answers: DataFrame, spec: EvaluationSpec, max_tasks: int = 64
) -> dict[str, list[EvaluationRow]]:
    """The rows of every subject. A user with answers and without a list of the subject counts as one with an empty list.

    Args:
        lists: subject, user_id, listed array<int> best first.
        answers: user_id, answers array<int> not empty, is_warm.
        spec: its segments are SEGMENTS.
        max_tasks: tasks whose sums one process adds up.
    """
    subjects = [row["subject"] for row in lists.select("subject").distinct().sort("subject").toLocalIterator()]
    named = lists.sparkSession.createDataFrame([(subject,) for subject in subjects], "subject string")
    paired = answers.crossJoin(F.broadcast(named)).join(lists, ["subject", "user_id"], "left")
    paired = paired.select("subject", F.xxhash64("user_id").alias("key"), "listed", "answers", "is_warm")
    totals = {subject: Sums(spec) for subject in subjects}
    for row in paired.coalesce(max_tasks).mapInArrow(_sums_of_task(spec), _SUMS).toLocalIterator():
        totals[row["subject"]].merge(Sums.from_bytes(spec, bytes(row["sums"])))
    return {subject: sums.rows() for subject, sums in totals.items()}


def evaluation_rows(
    kind: Literal["backtest", "published"], list_date: date, by_subject: dict[str, list[EvaluationRow]]
) -> list[dict[str, Any]]:
    """Rows of evaluations_v1, without run_date.

    Args:
        kind: of what was evaluated.
        list_date: run_date of the lists.
        by_subject: the rows of each subject: a source, or `final`.
    """
    of_list = {"kind": kind, "list_date": list_date}
    return [{**of_list, "subject": subject, **asdict(row)} for subject, rows in by_subject.items() for row in rows]


def evaluation_table(rows: list[dict[str, Any]]) -> pa.Table:
    """The rows in the columns of evaluations_v1, without run_date."""
    schema = arrow_schema(EVALUATIONS)
    return pa.Table.from_pylist(rows, schema.remove(schema.get_field_index(RUN_DATE)))


def validation_sample(
    sequences: DataFrame,
    holdouts: DataFrame,
    *,
    n_users: int,
    seed: int,
    warm_only: bool = True,
    half: Literal[0, 1] | None = None,
) -> ValidationSample:
    """At most `n_users` users of the validation fold who have answers, the same for the same seed.

    Args:
        sequences, holdouts: rows of the validation fold.
        warm_only: only users with a history.
        half: only users of this half, see `is_in_half`.
    """
    answers = holdouts.where("is_warm") if warm_only else holdouts
    with_answers = sequences.join(answers.selectExpr("user_id", "item_indices AS answers"), "user_id")
    if half is not None:
        with_answers = with_answers.where(is_in_half(half))
    with_answers = with_answers.withColumn("key", F.xxhash64("user_id"))
    rows = gather(sample_users(with_answers, n_users, seed), n_users, "validation users")
    seen, relevant = Ragged.from_arrow(rows["seen_indices"]), Ragged.from_arrow(rows["answers"])
    keys = rows["key"].to_numpy().view(np.uint64)
    return ValidationSample(Histories.from_arrow(rows), seen, relevant, keys=keys)


def is_in_half(part: Literal[0, 1]) -> Column:
    """boolean, the user of the row belongs to this half of the validation rows, as in ValidationSample.half."""
    return F.shiftrightunsigned(F.xxhash64("user_id"), HALF_BIT).bitwiseAND(F.lit(1)) == part


def sample_histories(sequences: DataFrame, n_users: int, seed: int) -> Histories:
    """Histories of at most `n_users` users who have one, to fit on; the same for the same seed."""
    with_history = sequences.where("cardinality(item_indices) > 0")
    return Histories.from_arrow(gather(sample_users(with_history, n_users, seed), n_users, "sampled users"))


def _sums_of_task(spec: EvaluationSpec) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        totals: dict[str, Sums] = {}
        for batch in batches:
            subjects = np.array(batch["subject"].to_pylist(), object)
            for subject in dict.fromkeys(subjects):
                rows = batch.take(pa.array(np.flatnonzero(subjects == subject)))
                totals.setdefault(str(subject), Sums(spec)).add(_user_batch(rows))
        columns: dict[str, list[Any]] = {"subject": list(totals), "sums": [total.to_bytes() for total in totals.values()]}
        yield pa.RecordBatch.from_pydict(columns, schema=pa.schema({"subject": pa.string(), "sums": pa.binary()}))

    return run


def _user_batch(rows: pa.RecordBatch) -> UserBatch:
    lists = Ragged.from_arrow(rows["listed"]).padded(-1)  # null where the subject gave no list
    is_warm = rows["is_warm"].to_numpy(zero_copy_only=False).astype(np.bool_)
    keys = rows["key"].to_numpy().view(np.uint64)
    return UserBatch(keys, lists, Ragged.from_arrow(rows["answers"]), {"warm": is_warm, "cold": ~is_warm})
