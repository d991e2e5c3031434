"""Evaluates lists on what users did afterwards, on Spark; and samples users to fit and to validate on.

Shapes: U lists of a batch, K list.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tawny.core.arrays import Histories, Ragged, scattered
from tawny.core.columns import ITEM_INDICES, LIST_KEY, RUN_DATE, USER_ID
from tawny.core.errors import ConfigError
from tawny.evaluation.gate import FINAL, UNRULED
from tawny.evaluation.per_user import UserBatch
from tawny.evaluation.spec import HISTORY_SEGMENTS, EvaluationSpec, by_history
from tawny.evaluation.sums import Sums
from tawny.evaluation.validate import HALF_BIT, ValidationSample
from tawny.lake.schema import arrow_schema
from tawny.lake.spark import gather, sample_users
from tawny.tables.evaluations import EVALUATIONS

Pair = tuple[str, str]
"""Two subjects: the value of the first less that of the second."""

_SUMS = "subject string, sums binary"


def evaluation_spec(
    ks: tuple[int, ...], item_features: pa.Table, n_items: int, seed: int, n_resamples: int
) -> EvaluationSpec:
    """The spec of a fold, with the segments by history.

    Args:
        ks, seed, n_resamples: as EvaluationSpec.
        item_features: rows of item_features_v2 of the fold; an item's popularity is its n_events.
        n_items: of the catalog.
    """
    popularity = scattered(item_features["item_index"], item_features["n_events"], n_items, np.int64)
    return EvaluationSpec(ks, popularity, seed, tuple(HISTORY_SEGMENTS), n_resamples)


def backtest(
    candidates: DataFrame,
    rankings: DataFrame,
    holdouts: DataFrame,
    spec: EvaluationSpec,
    run_date: date,
    pairs: Sequence[Pair] = (),
) -> list[dict[str, Any]]:
    """Rows of evaluations_v2: the lists of every source, and the final ones, evaluated on the test window.

    Where a list policy acts, the lists as they would be without it are evaluated, too: the subject UNRULED.

    Args:
        candidates, rankings, holdouts: rows of the test fold.
        spec: its popularity is that of the test fold.
        run_date: of the lists.
        pairs: whose differences are measured, too.
    """
    listed = F.slice("items.item_index", 1, max(spec.ks)).alias("listed")
    sources = candidates.select(F.col("source").alias("subject"), *LIST_KEY, listed)
    final = rankings.select(F.lit(FINAL).alias("subject"), *LIST_KEY, listed)
    before = F.slice("before_policy", 1, max(spec.ks)).alias("listed")
    unruled = rankings.where("before_policy IS NOT NULL").select(F.lit(UNRULED).alias("subject"), *LIST_KEY, before)
    answers = holdouts.select(*LIST_KEY, F.col(ITEM_INDICES).alias("answers"), "values", "history_length")
    return evaluation_rows(
        "backtest", run_date, evaluate_lists(sources.unionByName(final).unionByName(unruled), answers, spec), pairs
    )


def evaluate_lists(lists: DataFrame, answers: DataFrame, spec: EvaluationSpec, max_tasks: int = 64) -> dict[str, Sums]:
    """The sums of every subject. Where there are answers and no list of the subject, an empty list is judged.

    Args:
        lists: subject, user_id, as_of_ts, listed array<int> best first.
        answers: user_id, as_of_ts, answers array<int> not empty, values array<float> of them (null in every row: 1 each),
            history_length.
        spec: its segments are those by history.
        max_tasks: tasks whose sums one process adds up.
    """
    subjects = [row["subject"] for row in lists.select("subject").distinct().sort("subject").toLocalIterator()]
    named = lists.sparkSession.createDataFrame([(subject,) for subject in subjects], "subject string")
    paired = answers.crossJoin(F.broadcast(named)).join(lists, ["subject", *LIST_KEY], "left")
    paired = paired.select("subject", F.xxhash64(USER_ID).alias("key"), "listed", "answers", "values", "history_length")
    totals = {subject: Sums(spec) for subject in subjects}
    for row in paired.coalesce(max_tasks).mapInArrow(_sums_of_task(spec), _SUMS).toLocalIterator():
        totals[row["subject"]].merge(Sums.from_bytes(spec, bytes(row["sums"])))
    return totals


def evaluation_rows(
    kind: Literal["backtest", "published"], list_date: date, by_subject: Mapping[str, Sums], pairs: Sequence[Pair] = ()
) -> list[dict[str, Any]]:
    """Rows of evaluations_v2, without run_date: the metrics of every subject, then the differences.

    Args:
        kind: of what was evaluated.
        list_date: run_date of the lists.
        by_subject: the sums of each subject: a source, or `final`.
        pairs: whose differences are measured, besides `final` less every other subject.

    Raises:
        ConfigError: a pair names no subject.
    """
    every_pair = dict.fromkeys([*((FINAL, other) for other in by_subject if FINAL in by_subject and other != FINAL), *pairs])
    _must_be_subjects(every_pair, by_subject)
    of_list = {"kind": kind, "list_date": list_date}
    measured = [(subject, "", sums.rows()) for subject, sums in by_subject.items()]
    measured += [(one, other, by_subject[one].rows_less(by_subject[other])) for one, other in every_pair]
    return [
        {**of_list, "subject": subject, "versus": versus, **asdict(row)}
        for subject, versus, rows in measured
        for row in rows
    ]


def evaluation_table(rows: list[dict[str, Any]]) -> pa.Table:
    """The rows in the columns of evaluations_v2, without run_date."""
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
    with_answers = sequences.join(answers.select(*LIST_KEY, F.col(ITEM_INDICES).alias("answers"), "values"), LIST_KEY)
    if half is not None:
        with_answers = with_answers.where(is_in_half(half))
    with_answers = with_answers.withColumn("key", user_key())
    rows = gather(sample_users(with_answers, n_users, seed), n_users, "validation users")
    seen, relevant = Ragged.from_arrow(rows["seen_indices"]), Ragged.from_arrow(rows["answers"])
    keys = rows["key"].to_numpy().view(np.uint64)
    values = Ragged.from_arrow(rows["values"], np.float32)
    return ValidationSample(Histories.from_arrow(rows), seen, relevant, values, keys)


def is_in_half(part: Literal[0, 1]) -> Column:
    """boolean, the user of the row belongs to this half of the validation rows, as in ValidationSample.half."""
    return F.shiftrightunsigned(user_key(), HALF_BIT).bitwiseAND(F.lit(1)) == part


def user_key() -> Column:
    """bigint: `validate.user_key` of the row's user."""
    return F.conv(F.substring(F.md5(USER_ID), 1, 15), 16, 10).cast("bigint")


def sample_histories(sequences: DataFrame, n_users: int, seed: int) -> Histories:
    """Histories of at most `n_users` users who have one, to fit on; the same for the same seed."""
    with_history = sequences.where("is_training AND cardinality(item_indices) > 0")
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


def _must_be_subjects(pairs: Iterable[Pair], subjects: Iterable[str]) -> None:
    """Raise ConfigError where a pair names a list that nobody made."""
    known = set(subjects)
    for pair in pairs:
        if not known.issuperset(pair):
            rule = f"a pair must name two of {', '.join(sorted(known))}."
            raise ConfigError(where="[jobs.evaluate] pairs", rule=rule, came=str(list(pair)), do="Correct the names.")


def _user_batch(rows: pa.RecordBatch) -> UserBatch:
    lists = Ragged.from_arrow(rows["listed"]).padded(-1)  # null where the subject gave no list
    segments = by_history(rows["history_length"].to_numpy())
    values = None if rows["values"].null_count else Ragged.from_arrow(rows["values"], np.float32).values
    return UserBatch(rows["key"].to_numpy().view(np.uint64), lists, Ragged.from_arrow(rows["answers"]), segments, values)
