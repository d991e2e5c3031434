"""Compare and set: a small table is replaced only if it is as it was when its new rows were decided."""

from threading import Thread
from typing import Any

import pyarrow as pa

from tawny.lake.arrow import ArrowLake
from tawny.lake.base import note_of

from .conftest import POINTERS


def added(n: int) -> Any:
    """A decision: the number of the row `main` becomes n more."""

    def decide(rows: pa.Table) -> pa.Table:
        before = {row["key"]: row["n"] for row in rows.to_pylist()}.get("main", 0)
        return pa.table({"key": ["main"], "n": pa.array([before + n], pa.int32())})

    return decide


def test_another_writer_in_between_makes_it_decide_again(arrow_lake: ArrowLake, rows: Any) -> None:
    other, asked = ArrowLake(arrow_lake.root), []

    def decide(before: pa.Table) -> pa.Table:
        asked.append(before.num_rows)
        if len(asked) == 1:
            other.update(POINTERS, added(10))
        return added(1)(before)

    arrow_lake.update(POINTERS, decide)
    assert asked == [0, 1]
    assert rows(POINTERS) == [{"key": "main", "n": 11}]


def test_of_eight_writers_at_once_none_is_lost(arrow_lake: ArrowLake, rows: Any) -> None:
    threads = [Thread(target=ArrowLake(arrow_lake.root).update, args=(POINTERS, added(1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(POINTERS) == [{"key": "main", "n": 8}]


def test_the_same_rows_commit_nothing(arrow_lake: ArrowLake) -> None:
    first = arrow_lake.update(POINTERS, added(1))
    again = arrow_lake.update(POINTERS, lambda before: before)
    assert (again.version, again.is_new) == (first.version, False)


def test_the_same_decision_from_other_inputs_keeps_what_it_was_made_from(arrow_lake: ArrowLake) -> None:
    partition = {"run_date": "2020-01-01"}

    def note(digest: str) -> dict[str, Any]:
        return {"partition": partition, "digest": "decided", "inputs": {"lists_v1": digest}, "settings": "s", "code": "c"}

    arrow_lake.update(POINTERS, added(1), note("one"))
    assert not arrow_lake.update(POINTERS, lambda before: before, note("one")).is_new
    assert arrow_lake.update(POINTERS, lambda before: before, note("two")).is_new
    newest = arrow_lake.commits(POINTERS).newest(partition)
    assert newest is not None
    assert newest.note["inputs"] == {"lists_v1": "two"}
    assert note_of({"userMetadata": None}) == {}
