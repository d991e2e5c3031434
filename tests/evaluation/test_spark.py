"""Evaluated by Spark tasks, lists get the numbers that one process gives them; samples are the same for the same seed."""

from datetime import UTC, date, datetime
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tawny.core.errors import ConfigError
from tawny.evaluation import validate
from tawny.evaluation.published import evaluate_published, published_lists, taken_within
from tawny.evaluation.spark import (
    backtest,
    evaluate_lists,
    evaluation_rows,
    evaluation_spec,
    evaluation_table,
    sample_histories,
    user_key,
    validation_sample,
)
from tawny.evaluation.spec import HISTORY_SEGMENTS, EvaluationRow, EvaluationSpec
from tawny.evaluation.sums import Sums
from tawny.testing.frames import as_of, dicts_of

SPEC = EvaluationSpec((1, 3), np.array([5, 4, 3, 2, 1], np.int64), seed=1, segments=tuple(HISTORY_SEGMENTS), n_resamples=50)
Rows = list[dict[str, Any]]


def value(sums: Sums, segment: str, metric: str, k: int) -> float | None:
    found = [row for row in sums.rows() if (row.segment, row.metric, row.k) == (segment, metric, k)]
    assert len(found) == 1
    return found[0].value


def test_metrics_by_hand_for_every_subject_and_segment(spark: SparkSession) -> None:
    answers = spark.createDataFrame(
        [("a", [1], 2, None), ("b", [2, 3], 11, None), ("c", [0], 0, None)],
        "user_id string, answers array<int>, history_length int, values array<float>",
    )
    lists = spark.createDataFrame(
        [("als", "a", [1, 2, 3]), ("als", "b", [0, 2, 3]), ("als", "c", [0]), ("bad", "a", [4]), ("als", "other", [1])],
        "subject string, user_id string, listed array<int>",
    ).repartition(3)
    found = evaluate_lists(as_of(lists), as_of(answers), SPEC)

    assert list(found) == ["als", "bad"]
    assert value(found["als"], "all", "hit_rate", 1) == pytest.approx(2 / 3)
    assert value(found["als"], "warm", "hit_rate", 1) == 0.5
    assert value(found["als"], "cold", "hit_rate", 1) == 1.0
    assert value(found["als"], "warm", "recall", 3) == 1.0
    # A user to whom `bad` gave no list counts 0.
    assert value(found["bad"], "all", "hit_rate", 3) == 0.0
    assert value(found["als"], "1-2", "hit_rate", 1) == 1.0
    assert value(found["als"], "3-10", "hit_rate", 1) is None
    assert value(found["als"], "11+", "hit_rate", 1) == 0.0
    assert {row.n_judged for row in found["bad"].rows() if row.metric == "recall" and row.segment == "all"} == {3}


def test_answers_with_values_are_graded(spark: SparkSession) -> None:
    answers = spark.createDataFrame(
        [("a", [1, 2], 1, [3.0, 10.0])],
        "user_id string, answers array<int>, history_length int, values array<float>",
    )
    lists = spark.createDataFrame([("als", "a", [0, 4, 1])], "subject string, user_id string, listed array<int>")
    # A 3 at rank 3, where the best list has 10 before it: see the docstring of ndcg.
    assert value(evaluate_lists(as_of(lists), as_of(answers), SPEC)["als"], "all", "ndcg", 3) == pytest.approx(
        0.12613, abs=1e-5
    )


def test_a_pair_of_a_list_that_nobody_made_is_refused() -> None:
    sums = {"final": Sums(SPEC), "als": Sums(SPEC)}
    with pytest.raises(ConfigError, match=r"pairs: a pair must name two of als, final\. Received: \['als', 'alz'\]"):
        evaluation_rows("backtest", date(1998, 4, 3), sums, [("als", "alz")])


def recalls(rows: Rows) -> Rows:
    """What tells lists apart, of everyone at the first k."""
    names = ("kind", "list_date", "subject", "value", "n_judged")
    kept = [row for row in rows if (row["segment"], row["metric"], row["k"], row["versus"]) == ("all", "recall", 1, "")]
    return [{name: row[name] for name in names} for row in kept]


def test_a_backtest_has_the_rows_of_every_source_and_of_the_final_list(spark: SparkSession) -> None:
    items = "user_id string, items array<struct<item_index:int>>"
    candidates = spark.createDataFrame(
        [("als", "a", [(1,), (2,), (3,), (4,)]), ("top", "a", [(2,)]), ("als", "b", []), ("top", "b", [(2,)])],
        f"source string, {items}",
    )
    # A list policy has put item 2 in the place of item 4 for user b.
    ranked = [("a", [(1,)], [1]), ("b", [(2,)], [4])]
    rankings = spark.createDataFrame(ranked, f"{items}, before_policy array<int>")
    holdouts = spark.createDataFrame(
        [("a", [1], [1.0], 2), ("b", [2], [1.0], 0)],
        "user_id string, item_indices array<int>, values array<float>, history_length int",
    )
    day = date(1998, 4, 3)
    rows = backtest(as_of(candidates), as_of(rankings), as_of(holdouts), SPEC, day, [("top", "als")])
    common = {"kind": "backtest", "list_date": day, "n_judged": 2}
    assert recalls(rows) == [
        {**common, "subject": "als", "value": 0.5},
        {**common, "subject": "before_policy", "value": 0.5},
        {**common, "subject": "final", "value": 1.0},
        {**common, "subject": "top", "value": 0.5},
    ]
    # Of user a, with two entries, als has the answer and top has not; of b, without any, top has it and als has not.
    less: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        if row["versus"] and (row["metric"], row["k"]) == ("recall", 1) and row["value"] is not None:
            less.setdefault((row["subject"], row["versus"]), {})[row["segment"]] = row["value"]
    assert less == {
        ("final", "als"): {"all": 0.5, "warm": 0.0, "1-2": 0.0, "cold": 1.0},
        ("final", "before_policy"): {"all": 0.5, "warm": 0.0, "1-2": 0.0, "cold": 1.0},
        ("final", "top"): {"all": 0.5, "warm": 1.0, "1-2": 1.0, "cold": 0.0},
        ("top", "als"): {"all": 0.0, "warm": -1.0, "1-2": -1.0, "cold": 1.0},
    }
    # What lies beyond the longest list is not counted: item 4 is not in the first three places.
    of_als = [row for row in rows if (row["subject"], row["segment"], row["metric"]) == ("als", "all", "coverage")]
    assert [(row["k"], row["value"]) for row in of_als] == [(1, 1 / 5), (3, 3 / 5)]


def test_rows_fit_their_table_also_where_there_is_none() -> None:
    empty = evaluation_table([])
    row = EvaluationRow("all", "ndcg", 10, None, None, None, 0, 3)
    of = {"kind": "backtest", "list_date": date(1998, 4, 3), "subject": "als", "versus": ""}
    one = evaluation_table([{**of, **vars(row)}])
    assert empty.num_rows == 0
    assert one.schema == empty.schema
    assert one.to_pylist()[0]["n_left_out"] == 3
    assert "run_date" not in one.column_names


def test_items_without_events_were_never_chosen() -> None:
    features = pa.table({"item_index": pa.array([3, 1], pa.int32()), "n_events": pa.array([7, 2], pa.int32())})
    spec = evaluation_spec((1,), features, 5, 4, 10)
    assert spec.popularity.tolist() == [0, 2, 0, 7, 0]
    assert (spec.segments, spec.seed, spec.n_resamples) == (tuple(HISTORY_SEGMENTS), 4, 10)


def test_published_lists_are_the_latest_earlier_ones_in_order_of_rank(spark: SparkSession) -> None:
    assert dicts_of(published_lists(earlier_lists(spark), numbered(spark), 2), "list_date") == [
        {"list_date": date(1998, 4, 2), "user_id": "a", "listed": [1, 0]},
        {"list_date": date(1998, 4, 3), "user_id": "a", "listed": [1]},
    ]


def test_only_what_is_taken_for_the_first_time_within_the_days_counts(spark: SparkSession) -> None:
    def taken(start: int, end: int) -> list[dict[str, Any]]:
        days = date(1998, 4, start), date(1998, 4, end)
        return dicts_of(taken_within(some_events(spark), numbered(spark), *days, ("view",)), "user_id")

    a = {"user_id": "a", "answers": [1], "values": None, "history_length": 1}
    b = {"user_id": "b", "answers": [1], "values": None, "history_length": 0}
    assert taken(2, 4) == [a, b]
    assert taken(2, 3) == [a]
    assert taken(3, 4) == [b]


def published(spark: SparkSession, run_date: date, max_dates: int, horizon_days: int) -> Rows:
    frames = earlier_lists(spark), some_events(spark), numbered(spark)
    of = SPEC, ("view",), run_date
    return evaluate_published(*frames, *of, max_dates=max_dates, horizon_days=horizon_days)


def test_every_published_list_is_evaluated_by_what_was_taken_in_as_many_days(spark: SparkSession) -> None:
    common = {"kind": "published", "subject": "final"}
    assert recalls(published(spark, date(1998, 4, 9), max_dates=2, horizon_days=2)) == [
        # Of a and b, who took item y, a was shown it first.
        {**common, "list_date": date(1998, 4, 2), "value": 0.5, "n_judged": 2},
        # From the day after on, b took y; b had no list.
        {**common, "list_date": date(1998, 4, 3), "value": 0.0, "n_judged": 1},
    ]
    # On its own day, a alone took something.
    assert recalls(published(spark, date(1998, 4, 9), max_dates=2, horizon_days=1))[0] == {
        **common, "list_date": date(1998, 4, 2), "value": 1.0, "n_judged": 1,
    }  # fmt: skip
    assert published(spark, date(1998, 4, 9), max_dates=0, horizon_days=1) == []


def test_a_list_whose_days_have_not_passed_is_not_evaluated_yet(spark: SparkSession) -> None:
    dates = {row["list_date"] for row in published(spark, date(1998, 4, 4), max_dates=3, horizon_days=2)}
    assert dates == {date(1998, 4, 1), date(1998, 4, 2)}


def earlier_lists(spark: SparkSession) -> DataFrame:
    rows = [
        (date(1998, 4, 1), "a", 1, "x"), (date(1998, 4, 2), "a", 2, "x"), (date(1998, 4, 2), "a", 1, "y"),
        (date(1998, 4, 3), "a", 1, "gone"), (date(1998, 4, 3), "a", 2, "y"),
    ]  # fmt: skip
    return spark.createDataFrame(rows, "run_date date, user_id string, rank int, item_id string")


def numbered(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("x", 0), ("y", 1)], "item_id string, item_index int")


def some_events(spark: SparkSession) -> DataFrame:
    def at(day: int) -> datetime:
        return datetime(1998, 4, day, tzinfo=UTC)

    return spark.createDataFrame(
        [("a", "x", "view", at(1)), ("a", "x", "view", at(5)), ("a", "y", "view", at(2)), ("b", "y", "view", at(3)),
         ("c", "x", "impression", at(3)), ("d", "x", "view", at(1))],
        "user_id string, item_id string, event_type string, event_ts timestamp",
    )  # fmt: skip


def sequences(spark: SparkSession) -> DataFrame:
    """50 users; each fifth has no history. User n has seen item n."""
    rows = [(f"u{n}", [n] if n % 5 else [], [1.0] if n % 5 else [], [0.5] if n % 5 else [], [n]) for n in range(50)]
    names = "user_id string, item_indices array<int>, weights array<float>, ages_days array<float>, seen_indices array<int>"
    return as_of(spark.createDataFrame(rows, names)).withColumn("is_training", F.lit(True))


def holdouts(spark: SparkSession) -> DataFrame:
    """The first 40 users; user n chose item n + 100."""
    rows = [(f"u{n}", [n + 100], [1.0], n % 5 > 0) for n in range(40)]
    schema = "user_id string, item_indices array<int>, values array<float>, is_warm boolean"
    return as_of(spark.createDataFrame(rows, schema))


def test_validation_users_have_answers_and_are_the_same_whatever_the_partitions(spark: SparkSession) -> None:
    users, answers = sequences(spark), holdouts(spark)
    one = validation_sample(users.repartition(3), answers, n_users=10, seed=1)
    again = validation_sample(users.coalesce(1), answers.repartition(4), n_users=10, seed=1)
    other = validation_sample(users, answers, n_users=10, seed=2)
    chosen = one.seen.values.tolist()
    assert len(set(chosen)) == 10
    assert all(n < 40 and n % 5 for n in chosen)
    assert one.users.items.tolist() == chosen
    assert one.answers.values.tolist() == [n + 100 for n in chosen]
    assert again.seen.values.tolist() == chosen
    assert other.seen.values.tolist() != chosen


def test_users_without_a_history_are_validated_where_asked_for(spark: SparkSession) -> None:
    both = validation_sample(sequences(spark), holdouts(spark), n_users=40, seed=1, warm_only=False)
    assert sorted(both.seen.values.tolist()) == list(range(40))
    assert (both.users.lengths == 0).sum() == 8


def test_histories_to_fit_on_are_not_empty_and_the_same_for_a_seed(spark: SparkSession) -> None:
    one, again = (sample_histories(sequences(spark).repartition(parts), 12, seed=3) for parts in (2, 5))
    assert one.lengths.tolist() == [1] * 12
    assert one.items.tolist() == again.items.tolist()
    assert len(set(one.items.tolist())) == 12


def test_the_key_of_a_user_is_the_same_in_spark_and_in_python(spark: SparkSession) -> None:
    users = ["1", "196", "customer-0001", "Zoë", "顧客", ""]
    rows = spark.createDataFrame([(user,) for user in users], "user_id string").select("user_id", user_key()).collect()
    assert dict(map(tuple, rows)) == {user: validate.user_key(user) for user in users}


PARTS: tuple[Literal[0, 1], ...] = (0, 1)


def test_halves_of_the_validation_users_are_the_same_in_spark_and_in_arrays(spark: SparkSession) -> None:
    user, answers = "concat('u', id) AS user_id", ("array(1) AS item_indices", "array(1.0F) AS values", "true AS is_warm")
    frame = as_of(spark.range(200).selectExpr(user, *answers))
    arrays = {"weights": "array(1.0F)", "ages_days": "array(1.0F)", "seen_indices": "array(1)"}
    past = frame.drop("is_warm", "values").withColumns({name: F.expr(value) for name, value in arrays.items()})
    whole = validation_sample(past, frame, n_users=500, seed=1)
    halves = [validation_sample(past, frame, n_users=500, seed=1, half=part) for part in PARTS]
    for part, half in zip(PARTS, halves, strict=True):
        mine = whole.half(part)
        assert half.keys is not None and mine.keys is not None
        assert half.keys.tolist() == mine.keys.tolist()
    assert halves[0].n_users + halves[1].n_users == 200
    assert 60 < halves[0].n_users < 140
