"""What a table's log says of its partitions, and what a write finds there already."""

from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tawny.lake.arrow import ArrowLake
from tawny.lake.base import note_of

from .conftest import D1, D2, LISTS, SCORES

NUMBERS = pa.table({"key": ["a", "b"], "n": pa.array([1, 2], pa.int32())})
OTHERS = pa.table({"key": ["a", "b"], "n": pa.array([1, 3], pa.int32())})


def note(**over: Any) -> dict[str, Any]:
    return {"run_id": "r", "inputs": {"events_v2": "e"}, "settings": "s", "code": "c"} | over


def test_the_newest_commit_of_a_partition_is_found_among_those_of_others(arrow_lake: ArrowLake) -> None:
    first = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note(run_id="first"))
    for _ in range(40):
        arrow_lake.write(SCORES, NUMBERS, {"run_date": D2}, "id", note(inputs={"events_v2": str(_)}))
    found = arrow_lake.commits(SCORES).newest({"run_date": D1})
    assert found is not None
    assert (found.version, found.note["run_id"], found.note["n_rows"]) == (first.version, "first", 2)
    assert found.note["digest"] == first.digest


def test_a_partition_that_nobody_wrote_has_no_commit(arrow_lake: ArrowLake) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D2}, "id", note())
    assert arrow_lake.commits(SCORES).newest({"run_date": D1}) is None


def test_a_commit_of_another_program_hides_what_was_written_before_it(arrow_lake: ArrowLake) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note())
    row = pa.table({"run_date": [D1], "key": ["z"], "n": pa.array([9], pa.int32())})
    write_deltalake(arrow_lake.path(SCORES), row, mode="append")
    found = arrow_lake.commits(SCORES).newest({"run_date": D1})
    assert found is not None
    assert not found.note


def test_compacting_a_table_hides_nothing(arrow_lake: ArrowLake) -> None:
    first = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note())
    DeltaTable(arrow_lake.path(SCORES)).optimize.compact()
    found = arrow_lake.commits(SCORES).newest({"run_date": D1})
    assert found is not None
    assert found.note["digest"] == first.digest
    assert arrow_lake.commits(SCORES).changed_at() == first.version


def test_the_same_rows_from_the_same_inputs_commit_nothing(arrow_lake: ArrowLake) -> None:
    first = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note())
    again = arrow_lake.write(SCORES, NUMBERS.take([1, 0]), {"run_date": D1}, "id", note(run_id="later"))
    assert (again.version, again.digest, again.is_new) == (first.version, first.digest, False)


@pytest.mark.parametrize("over", [{"inputs": {"events_v2": "f"}}, {"settings": "t"}, {"code": "d"}])
def test_the_same_rows_from_other_inputs_are_committed_with_what_they_were_made_from(
    arrow_lake: ArrowLake, over: Any
) -> None:
    first = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note())
    again = arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note(**over))
    assert (again.version, again.digest, again.is_new) == (first.version + 1, first.digest, True)


def test_rows_that_were_deleted_meanwhile_are_written_again(arrow_lake: ArrowLake, rows: Any) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note())
    DeltaTable(arrow_lake.path(SCORES)).delete("run_date = '2020-01-01'")
    assert arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note()).is_new
    assert len(rows(SCORES)) == 2


def test_other_rows_have_another_digest_and_null_is_no_number(arrow_lake: ArrowLake) -> None:
    nothing = pa.table({"key": ["a", "b"], "n": pa.array([1, None], pa.int32())})
    digests = [arrow_lake.write(SCORES, frame, {"run_date": D1}, "id").digest for frame in (NUMBERS, OTHERS, nothing)]
    assert len(set(digests)) == 3


def test_a_partition_that_is_named_by_its_digest_is_not_written_over_by_others(arrow_lake: ArrowLake, rows: Any) -> None:
    one = arrow_lake.write(LISTS, NUMBERS, {"run_date": D1}, "id", note())
    other = arrow_lake.write(LISTS, OTHERS, {"run_date": D1}, "id", note())
    assert {row["list_id"] for row in rows(LISTS)} == {one.digest, other.digest}
    assert [row["n"] for row in rows(LISTS) if row["list_id"] == one.digest] == [1, 2]
    newest = arrow_lake.commits(LISTS).newest({"run_date": D1})
    assert newest is not None
    assert newest.note["partition"] == {"run_date": "2020-01-01", "list_id": other.digest}


def test_a_commit_says_which_partition_it_wrote(arrow_lake: ArrowLake) -> None:
    arrow_lake.write(SCORES, NUMBERS, {"run_date": D1}, "id", note())
    (commit, *_) = DeltaTable(arrow_lake.path(SCORES)).history(1)
    assert note_of(commit)["partition"] == {"run_date": "2020-01-01"}


@pytest.mark.spark
def test_spark_gives_equal_rows_the_same_digest_in_any_order_and_names_lists_by_it(spark_lake: Any, rows: Any) -> None:
    frame = spark_lake.spark.createDataFrame([("a", 1), ("b", 2)], "key string, n int")
    first = spark_lake.write(LISTS, frame, {"run_date": D1}, "id", note())
    again = spark_lake.write(LISTS, frame.orderBy("n", ascending=False).repartition(3), {"run_date": D1}, "id", note())
    assert first.digest == again.digest
    assert (first.is_new, again.is_new, again.version) == (True, False, first.version)
    assert [(row["list_id"], row["n"]) for row in rows(LISTS)] == [(first.digest, 1), (first.digest, 2)]


@pytest.mark.spark
def test_spark_counts_and_notes_an_empty_partition(spark_lake: Any) -> None:
    empty = spark_lake.spark.createDataFrame([], "key string, n int")
    assert spark_lake.write(SCORES, empty, {"run_date": D1}, "id", note()).is_new
    assert not spark_lake.write(SCORES, empty, {"run_date": D1}, "id", note()).is_new
    found = spark_lake.commits(SCORES).newest({"run_date": D1})
    assert found.note["n_rows"] == 0


@pytest.mark.spark
def test_few_rows_are_written_without_a_spark_job_and_are_the_same(spark_lake: Any, env: Any, rows: Any) -> None:
    from tawny.lake.spark import SparkLake

    frame = spark_lake.spark.createDataFrame([("a", 1), ("b", 2)], "key string, n int")
    spark_lake.write(SCORES, frame, {"run_date": D1}, "id", note())
    by_spark = rows(SCORES)
    few = SparkLake(env, session=lambda _: spark_lake.spark)
    written = few.write(SCORES, frame, {"run_date": D1}, "id", note(run_id="few"))
    assert (written.n_rows, rows(SCORES)) == (2, by_spark)
    (commit, *_) = DeltaTable(few.arrow.path(SCORES)).history(1)
    assert "delta-rs" in str(commit)
